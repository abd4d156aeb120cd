import * as z from 'zod';
import { type Problem, showFound } from '../base/problem.ts';
import { jsonPath, valueAt } from '../base/schema-problems.ts';
import { globLeaf } from './policy-leaves.ts';

/** More of a disk than this says nothing new, and takes a worker's time. Units: MiB. */
const SAMPLE_MAX_MIB = 1_024;
const FILES_MAX = 50;
const PATH_LENGTH = 1_024;

/** A file or folder as the listing of a point names it: a partition first. */
const pathLeaf = z
  .string()
  .max(PATH_LENGTH)
  .regex(/^\/p\d{1,4}(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/)
  .describe('the path of a file or folder from its partition on, such as "/p1/etc/hostname"');

/** Source: Azure naming rules for resource groups. */
const groupLeaf = z
  .string()
  .regex(/^[-\w._()]{0,89}[-\w_()]$/)
  .describe('the name of a resource group');

const skus = [
  'Standard_LRS',
  'StandardSSD_LRS',
  'StandardSSD_ZRS',
  'Premium_LRS',
  'Premium_ZRS',
  'PremiumV2_LRS',
] as const;

const SUBNET =
  /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Network\/virtualNetworks\/[^/]+\/subnets\/[^/]+$/i;

const targetSchema = z
  .strictObject({
    resourceGroup: groupLeaf.optional(),
    sku: z
      .enum(skus)
      .optional()
      .describe(`${skus.join(', ')}`),
    zone: z.enum(['1', '2', '3']).optional().describe('"1", "2" or "3"'),
    subnet: z.string().regex(SUBNET).optional().describe('the resource id of a subnet that leads nowhere'),
    networkSecurityGroup: z
      .union([z.literal('none'), z.string().startsWith('/subscriptions/')])
      .optional()
      .describe('the resource id of a network security group, or "none"'),
    size: z.string().min(1).max(100).optional().describe('a size of virtual machines, such as "Standard_B2s"'),
  })
  .describe('an object with resourceGroup, sku and zone; for kind "vm" also subnet, networkSecurityGroup and size');

const checkSchema = z
  .strictObject({
    sampleMiB: z
      .int()
      .min(1)
      .max(SAMPLE_MAX_MIB)
      .optional()
      .describe(`whole MiB from 1 to ${SAMPLE_MAX_MIB} that are compared, 16 by default`),
    files: z
      .array(pathLeaf)
      .max(FILES_MAX)
      .optional()
      .describe(`up to ${FILES_MAX} paths of files or folders that have to be there`),
    boot: z
      .enum(['runs', 'agent'])
      .optional()
      .describe('"runs": the machine runs; "agent": the agent inside says that it is ready, too'),
  })
  .describe('an object with sampleMiB and files, or for kind "vm" with boot');

/** What a drill restores and how it is checked: what a policy says of its drills beside their times. */
export const drillSettingsSchema = z.strictObject({
  pick: z
    .enum(['latest', 'random'])
    .default('random')
    .describe('"latest" or "random": which succeeded point of a source'),
  kind: z.enum(['disk', 'vm', 'files']).default('disk').describe('"disk", "vm" or "files"'),
  disk: globLeaf.optional(),
  path: pathLeaf.optional(),
  target: targetSchema.optional(),
  check: checkSchema.optional(),
});

export type DrillSettings = z.output<typeof drillSettingsSchema>;

type Kind = DrillSettings['kind'];

/** Fields that mean something for some kinds only. */
const kindsByField: readonly { readonly path: readonly string[]; readonly kinds: readonly Kind[] }[] = [
  { path: ['disk'], kinds: ['disk', 'files'] },
  { path: ['path'], kinds: ['files'] },
  { path: ['target'], kinds: ['disk', 'vm'] },
  { path: ['target', 'subnet'], kinds: ['vm'] },
  { path: ['target', 'networkSecurityGroup'], kinds: ['vm'] },
  { path: ['target', 'size'], kinds: ['vm'] },
  { path: ['check', 'sampleMiB'], kinds: ['disk', 'files'] },
  { path: ['check', 'files'], kinds: ['disk', 'files'] },
  { path: ['check', 'boot'], kinds: ['vm'] },
];

/**
 * What the fields of a drill mean to each other. Pure.
 *
 * Shape:  `at` is where they stand in the document; what is not sound by itself is left to the schema.
 */
export function drillProblems(settings: unknown, at: readonly PropertyKey[]): readonly Problem[] {
  if (settings === undefined || settings === null || typeof settings !== 'object') return [];
  const kind = drillSettingsSchema.shape.kind.safeParse(valueAt(settings, ['kind']));
  if (!kind.success) return [];
  const problems: Problem[] = [];
  for (const { path, kinds } of kindsByField) {
    const found = valueAt(settings, path);
    if (found === undefined || kinds.includes(kind.data)) continue;
    problems.push({
      path: jsonPath([...at, ...path]),
      message: `means nothing for kind "${kind.data}"`,
      found: showFound(found),
      allowed: `leave it out, or kind ${kinds.map((each) => `"${each}"`).join(' or ')}`,
    });
  }
  const require = (path: readonly string[], allowed: string) => {
    if (valueAt(settings, path) !== undefined) return;
    problems.push({
      path: jsonPath([...at, ...path]),
      message: `is required for kind "${kind.data}"`,
      found: 'nothing',
      allowed,
    });
  };
  if (kind.data === 'vm') require(['target', 'subnet'], 'the resource id of a subnet, not that of the originals');
  if (kind.data === 'files') {
    require(['path'], pathLeaf.description ?? '');
    problems.push(...outsideProblems(settings, at));
  }
  return problems;
}

/** Of a restore of files only what lies in the restored folder can be there. */
function outsideProblems(settings: object, at: readonly PropertyKey[]): readonly Problem[] {
  const folder = valueAt(settings, ['path']);
  const files = valueAt(settings, ['check', 'files']);
  if (typeof folder !== 'string' || !Array.isArray(files)) return [];
  return files.flatMap((file, index) =>
    typeof file !== 'string' || file === folder || file.startsWith(`${folder}/`)
      ? []
      : [
          {
            path: jsonPath([...at, 'check', 'files', index]),
            message: 'is not in the folder that is restored',
            found: showFound(file),
            allowed: `a path that begins with ${folder}/`,
          },
        ],
  );
}
