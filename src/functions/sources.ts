import { formatIso } from '../base/time.ts';
import type { ProtectedSource } from '../protect/source-book.ts';
import { json, route } from './http-entry.ts';

route({
  name: 'sources-list',
  method: 'GET',
  route: 'sources',
  role: 'reader',
  handle: async ({ app }) => {
    const byKey = new Map<string, { first: ProtectedSource; policies: ProtectedSource[] }>();
    for (const { policy } of await app.policies.list()) {
      for await (const entry of app.sources.ofPolicy(policy.name)) {
        const known = byKey.get(entry.source.key);
        if (known) known.policies.push(entry);
        else byKey.set(entry.source.key, { first: entry, policies: [entry] });
      }
    }
    const now = app.clock.now();
    const sources = [...byKey.values()].map(({ first: { source }, policies }) => {
      const { key, kind, id, name, subscriptionId, resourceGroup, region, tags } = source;
      const lastPointAt = Math.max(...policies.map((entry) => entry.lastPointAt ?? 0)) || null;
      return {
        key,
        kind,
        id,
        name,
        subscriptionId,
        resourceGroup,
        region,
        tags,
        disks: source.disks.map((disk) => ({
          id: disk.id,
          name: disk.name,
          lun: disk.lun,
          sizeBytes: disk.sizeBytes,
          sku: disk.sku,
        })),
        policies: policies.map((entry) => entry.policy),
        lastSeenAt: formatIso(Math.max(...policies.map((entry) => entry.lastSeenAt))),
        lastPointAt: lastPointAt === null ? null : formatIso(lastPointAt),
        rpoSeconds: lastPointAt === null ? null : Math.round((now - lastPointAt) / 1_000),
      };
    });
    sources.sort((a, b) => a.name.localeCompare(b.name) || a.key.localeCompare(b.key));
    return json({ at: formatIso(now), sources });
  },
});
