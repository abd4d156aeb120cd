import type { ArmRoute } from './route.ts';

/** The support matrix of the README: a Markdown table, one line a route. */
export function supportMatrix(routes: readonly ArmRoute[]): string {
  const lines = routes.map((route) => {
    const path = route.path
      .replace('/subscriptions/{subscriptionId}', '…')
      .replace('/resourceGroups/{resourceGroupName}', '/{group}');
    const [first] = route.versions;
    const last = route.versions[route.versions.length - 1];
    const versions = first === undefined ? 'any' : first === last ? first : `${first} to ${last}`;
    return `| ${route.method} | \`${path}\` | ${versions} | ${route.does} |`;
  });
  return ['| Method | Path | API versions | What it does |', '| --- | --- | --- | --- |', ...lines].join('\n');
}
