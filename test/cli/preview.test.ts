import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast } from './holdfast.ts';

describe('holdfast preview', () => {
  let folder = '';
  const file = (name: string) => join(folder, name);
  const write = (name: string, content: unknown) =>
    writeFile(file(name), typeof content === 'string' ? content : JSON.stringify(content));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
    await write('policy.json', { retention: { keepDaily: 2 } });
    await write('points.json', {
      points: ['2026-03-01', '2026-03-02', '2026-03-03'].map((day, index) => ({
        id: `p${index}`,
        source: 'disk-1',
        takenAt: `${day}T02:00:00Z`,
        state: 'succeeded',
      })),
    });
    await write('broken.json', '{"points": [');
    await write('many.json', `{"points":[${'0,'.repeat(2_000_000)}0]}`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('prints the plan and exits with 0', async () => {
    const { code, stdout, stderr } = await holdfast(
      ...['preview', '--policy', file('policy.json'), '--points', file('points.json'), '--now', '2026-03-04T00:00:00Z'],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const plan = JSON.parse(stdout);
    expect(Object.keys(plan)).toEqual(['verdicts', 'storedBytes', 'monthlyCost', 'budget']);
    expect(plan.verdicts.map((verdict: { id: string; action: string }) => `${verdict.id} ${verdict.action}`)).toEqual([
      'p2 keep',
      'p1 keep',
      'p0 delete',
    ]);
  });

  it('takes the moment from --now: what is later is in the future', async () => {
    const { stdout } = await holdfast(
      ...[
        'preview',
        '--policy',
        file('policy.json'),
        '--points',
        file('points.json'),
        '--now',
        '2026-03-02T12:00:00+01:00',
      ],
    );
    expect(JSON.parse(stdout).verdicts[0]).toEqual({
      id: 'p2',
      source: 'disk-1',
      action: 'keep',
      because: [{ rule: 'future' }],
    });
  });

  it('takes the machine’s clock without --now', async () => {
    const { code, stdout } = await holdfast(
      'preview',
      '--policy',
      file('policy.json'),
      '--points',
      file('points.json'),
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).verdicts).toHaveLength(3);
  });

  it.each([
    {
      name: 'broken JSON',
      args: ['preview', '--policy', 'policy.json', '--points', 'broken.json'],
      paths: ['points $'],
    },
    {
      name: 'more than two million rows',
      args: ['preview', '--policy', 'policy.json', '--points', 'many.json'],
      paths: ['points $.points'],
    },
    {
      name: 'a file that is not there',
      args: ['preview', '--policy', 'policy.json', '--points', 'none.json'],
      paths: ['command --points'],
    },
    {
      name: 'missing files and a bad moment',
      args: ['preview', '--now', 'noon'],
      paths: ['command --now', 'command --policy', 'command --points'],
    },
    { name: 'an unknown option', args: ['preview', '--force'], paths: ['command $'] },
    { name: 'an unknown command', args: ['delete'], paths: ['command $'] },
    { name: 'no command', args: [], paths: ['command $'] },
  ])('exits with 2 and the problems on standard error: $name', async ({ args, paths }) => {
    const { code, stdout, stderr } = await holdfast(...args.map((arg) => (arg.endsWith('.json') ? file(arg) : arg)));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const problems: { file: string; path: string; found: string; allowed: string }[] = JSON.parse(stderr).problems;
    expect(problems.map((problem) => `${problem.file} ${problem.path}`)).toEqual(paths);
    for (const problem of problems)
      expect(problem).toMatchObject({ found: expect.any(String), allowed: expect.any(String) });
  });
});
