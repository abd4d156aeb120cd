import type { PointAnswer, SourceAnswer } from './app-answers.ts';
import type { HttpClient } from './http.ts';

const PAGES_MAX = 1_000;

/** All protected sources, as the app lists them. */
export async function listSources(app: HttpClient): Promise<readonly SourceAnswer[]> {
  return (await app.ask<{ sources: SourceAnswer[] }>('GET', '/api/sources')).sources;
}

/** All points of one source that the catalogue has, newest first. */
export async function listPoints(app: HttpClient, sourceKey: string): Promise<readonly PointAnswer[]> {
  const points: PointAnswer[] = [];
  let path: string | null = `/api/points?source=${encodeURIComponent(sourceKey)}`;
  for (let pages = 0; path !== null; pages += 1) {
    if (pages === PAGES_MAX) throw new Error('The list of points does not end.');
    const page: { points: PointAnswer[]; next: string | null } = await app.ask('GET', path);
    points.push(...page.points);
    path = page.next;
  }
  return points;
}
