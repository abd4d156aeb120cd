import { formatIso } from '../base/time.ts';
import { listMarked } from '../retain/recycle.ts';
import { badRequest, json, route } from './http-entry.ts';

const CURSOR = /^\d{15}\|[a-z]+\|[A-Za-z0-9_.-]{1,200}$/;

/** What is marked for deletion and can still be taken back. */
route({
  name: 'recycle-list',
  method: 'GET',
  route: 'recycle',
  role: 'reader',
  handle: async ({ app, query }) => {
    const after = query.get('after');
    if (after !== null && !CURSOR.test(after)) {
      const allowed = 'what `next` of an answer names';
      return badRequest([{ path: '?after', message: 'is no place in the list', found: after.slice(0, 80), allowed }]);
    }
    const page = await listMarked(app, after);
    const next = page.next === null ? null : `/api/recycle?after=${encodeURIComponent(page.next)}`;
    return json({ at: formatIso(app.clock.now()), ...page, next });
  },
});
