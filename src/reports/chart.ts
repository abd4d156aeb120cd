import { BarChart } from 'echarts/charts';
import { AriaComponent, GridComponent, MarkAreaComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, MarkAreaComponent, AriaComponent, SVGRenderer]);

/** Greys that can be read on light and on dark paper alike. */
const INK = '#7b8491';
const LINE = 'rgba(123, 132, 145, 0.25)';
const GAP = 'rgba(123, 132, 145, 0.12)';

/** Days as stacked bars, one series a group. The caller draws the legend: no name of a group gets into the picture. */
export interface StackedBars {
  /** Tells the pictures of one page apart. */
  readonly name: string;
  readonly days: readonly string[];
  /** Places in `days` without figures: shown as gaps, not as zeros. */
  readonly missing: readonly number[];
  /** The place of the day that is not over, shown paler; −1 for none. */
  readonly open: number;
  readonly series: readonly { readonly color: string; readonly values: readonly number[] }[];
  readonly formatValue: (value: number) => string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Draws the bars as SVG text that scales with the page. Loaded when first used: the chart library is larger than the rest of the app's pages. */
export function drawStackedBars(bars: StackedBars): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: bars.widthPx, height: bars.heightPx });
  try {
    chart.setOption(optionsOf(bars));
    // What serves scripts and styles on hover means nothing here, and the library counts in its names how much it has drawn before: the same report
    // shall be the same text.
    return chart
      .renderToSVGString({ useViewBox: true })
      .replace(/<style[\s\S]*?<\/style>/g, '')
      .replace(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
      .replace(/\bzr\d+-/g, `${bars.name}-`);
  } finally {
    chart.dispose();
  }
}

function optionsOf({ days, missing, open, series, formatValue, widthPx }: StackedBars) {
  const fontSize = 12;
  return {
    animation: false,
    textStyle: { fontFamily: 'system-ui, -apple-system, Segoe UI, Roboto, sans-serif' },
    grid: {
      left: 4,
      right: 8,
      top: 12,
      bottom: 4,
      outerBoundsMode: 'same' as const,
      outerBoundsContain: 'axisLabel' as const,
    },
    xAxis: {
      type: 'category' as const,
      data: [...days],
      // A mark's edges lie on ticks, so there is one for each day, though none is drawn.
      axisTick: { show: false, interval: 0 },
      axisLine: { lineStyle: { color: LINE } },
      axisLabel: {
        color: INK,
        fontSize,
        interval: Math.max(0, Math.ceil((days.length * 52) / widthPx) - 1),
        formatter: (day: string) => day.slice(5),
      },
    },
    yAxis: {
      type: 'value' as const,
      splitNumber: 4,
      splitLine: { lineStyle: { color: LINE } },
      axisLabel: { color: INK, fontSize, formatter: formatValue },
    },
    series: series.map(({ color, values }, index) => ({
      type: 'bar' as const,
      stack: 'all',
      data: values.map((value, place) => (place === open ? { value, itemStyle: { opacity: 0.55 } } : value)),
      itemStyle: { color },
      barCategoryGap: '25%',
      ...(index === 0 && missing.length > 0
        ? {
            markArea: {
              silent: true,
              itemStyle: { color: GAP },
              data: runsOf(missing).map(([from, to]): [{ xAxis: number }, { xAxis: number }] => [
                { xAxis: from },
                { xAxis: to },
              ]),
            },
          }
        : {}),
    })),
  };
}

/** Neighbouring places as [first, last]. */
function runsOf(places: readonly number[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last && last[1] === place - 1) last[1] = place;
    else runs.push([place, place]);
  }
  return runs;
}
