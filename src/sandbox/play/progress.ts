/** Shows how far something is, on standard error: a bar that moves on a terminal, a line now and then elsewhere. */
export interface Progress {
  show(done: number, total: number, text: string): void;
  /** Ends the line that is being drawn. */
  end(): void;
}

const WIDTH = 30;
const DRAW_MS = 100;
/** Where there is no terminal: a line for each tenth. */
const PARTS = 10;

/** Makes a progress bar. */
export function progressBar(out: NodeJS.WriteStream, label: string): Progress {
  let drawnAt = 0;
  let lastPart = -1;
  let drawn = false;
  return {
    show: (done, total, text) => {
      const share = total > 0 ? Math.min(1, done / total) : 1;
      if (out.isTTY) {
        if (Date.now() - drawnAt < DRAW_MS && share < 1) return;
        drawnAt = Date.now();
        const full = Math.round(share * WIDTH);
        const percent = String(Math.floor(share * 100)).padStart(3);
        out.write(`\r\u001b[2K${label} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent} %  ${text}`);
        drawn = true;
        return;
      }
      const part = Math.floor(share * PARTS);
      if (part === lastPart) return;
      lastPart = part;
      out.write(`${label} ${String(Math.floor(share * 100)).padStart(3)} %  ${text}\n`);
    },
    end: () => {
      if (drawn) out.write('\n');
      drawn = false;
    },
  };
}
