import { describe, expect, it } from 'vitest';
import type { RecordedExchange } from '../../../src/sandbox/azure/exchange-record.ts';
import { checkExchange } from './check-exchange.ts';
import { havePublishedTypes } from './published-types.ts';

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute';
const COMPUTE = '/subscriptions/{subscriptionId}/providers/Microsoft.Compute';

const put: RecordedExchange = {
  method: 'PUT',
  route: `${GROUP}/snapshots/{snapshotName}`,
  path: '/',
  apiVersion: '2026-03-02',
  caller: 'test',
  requestBody: {
    location: 'westeurope',
    sku: { name: 'Standard_ZRS' },
    tags: { a: 'b' },
    properties: { creationData: { createOption: 'Copy', sourceResourceId: '/x' }, incremental: true },
  },
  status: 202,
  answerBody: {
    name: 's',
    location: 'westeurope',
    properties: { creationData: { createOption: 'Copy' }, isArmResource: true },
  },
};
const properties = (more: object) => ({
  location: 'westeurope',
  properties: { creationData: { createOption: 'Copy' }, ...more },
});
const disk = {
  id: '/d',
  name: 'd',
  type: 'Microsoft.Compute/disks',
  location: 'westeurope',
  properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
};
const get: RecordedExchange = {
  ...put,
  method: 'GET',
  route: `${GROUP}/disks/{diskName}`,
  requestBody: undefined,
  status: 200,
  answerBody: disk,
};
const { id: _id, ...nameless } = disk;
const page = (body: unknown) => ({ ...get, route: `${COMPUTE}/disks`, answerBody: body });
const operation = (body: unknown) => ({
  ...get,
  route: `${COMPUTE}/locations/{location}/DiskOperations/{operationId}`,
  answerBody: body,
});
const ended = { status: 'Succeeded', startTime: '2026-03-01T00:00:00Z', endTime: '2026-03-01T00:00:01Z', name: 'x' };
const error = (body: unknown) => ({ ...get, status: 404, answerBody: body });

if (!havePublishedTypes) it.skip('the check itself: the published types do not lie beside the project', () => {});
else {
  describe('the check', () => {
    it.each<[string, RecordedExchange]>([
      ['a snapshot that is asked for', put],
      ['a disk', get],
      ['a page', page({ value: [disk], nextLink: 'https://localhost/next' })],
      ['an operation that has ended with a disk', operation({ ...ended, properties: { output: disk } })],
      ['the result of an operation', operation({ accessSAS: 'hidden' })],
      ['an error', error({ error: { code: 'ResourceNotFound', message: 'It is not there.' } })],
      ['a route of another provider, whatever it says', { ...get, route: '/subscriptions', answerBody: 3 }],
    ])('lets %s pass', (_name, exchange) => {
      expect(checkExchange(exchange)).toEqual([]);
    });

    it.each<[string, RecordedExchange, string, string]>([
      ['a property that is not published', { ...put, requestBody: properties({ magic: 1 }) }, 'problem', 'magic'],
      ['a property that is only read', { ...put, requestBody: properties({ uniqueId: 'x' }) }, 'problem', 'uniqueId'],
      ['a text for a truth', { ...put, requestBody: properties({ incremental: 'yes' }) }, 'problem', 'incremental'],
      ['a text for a number', { ...put, requestBody: properties({ diskSizeGB: '4' }) }, 'problem', 'diskSizeGB'],
      ['a part of a number', { ...put, requestBody: properties({ diskSizeGB: 4.5 }) }, 'problem', 'diskSizeGB'],
      ['no location', { ...put, requestBody: { properties: disk.properties } }, 'problem', 'location'],
      ['no creation data', { ...put, requestBody: { location: 'x', properties: {} } }, 'problem', 'creationData'],
      ['a word that is not known', { ...put, requestBody: properties({ osType: 'BeOS' }) }, 'problem', 'osType'],
      [
        'a word that is not known yet',
        { ...put, requestBody: properties({ networkAccessPolicy: 'AllowSome' }) },
        'warning',
        'networkAccessPolicy',
      ],
      ['an answer without an id', { ...get, answerBody: nameless }, 'problem', '.id'],
      ['an answer of another type', { ...get, answerBody: { ...disk, type: 'disks' } }, 'problem', '.type'],
      ['a text in place of an object', { ...get, answerBody: { ...disk, tags: 'a=b' } }, 'problem', '.tags'],
      ['a number as the value of a tag', { ...get, answerBody: { ...disk, tags: { a: 1 } } }, 'problem', '.tags.a'],
      ['200 without a body', { ...get, answerBody: undefined }, 'problem', 'disks'],
      ['a body where none belongs', { ...get, method: 'DELETE' }, 'problem', 'DELETE'],
      ['a request where none belongs', { ...get, requestBody: {}, method: 'GET' }, 'problem', 'GET'],
      ['a disk in a list that is none', page({ value: [disk, nameless] }), 'problem', '.id'],
      ['a page with a relative link', page({ value: [], nextLink: '/next' }), 'problem', 'nextLink'],
      ['a page with more', page({ value: [], count: 0 }), 'problem', 'count'],
      ['an operation that ends without a time', operation({ ...ended, endTime: undefined }), 'problem', 'endTime'],
      ['an operation in a state of its own', operation({ ...ended, status: 'Done' }), 'problem', 'status'],
      ['a failure without an error', operation({ ...ended, status: 'Failed' }), 'problem', 'error'],
      ['a result of no type', operation({ what: 1 }), 'problem', 'DiskOperations'],
      ['an error without a code', error({ error: { message: 'No.' } }), 'problem', 'error'],
      ['a route that nobody has named', { ...get, route: `${COMPUTE}/sshPublicKeys` }, 'problem', 'sshPublicKeys'],
    ])('finds %s', (_name, exchange, severity, where) => {
      expect(checkExchange(exchange)).toEqual(
        expect.arrayContaining([expect.objectContaining({ severity, path: expect.stringContaining(where) })]),
      );
    });
  });
}
