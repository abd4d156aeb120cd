import { isObject, type Json } from './json.ts';

/** What writes to a disk as time passes. Units: bytes a day of the sandbox clock. */
export interface EstateWorkload {
  readonly bytesPerDay: number;
  readonly clearBytesPerDay?: number;
  readonly hotFraction?: number;
  readonly writesPerDay?: number;
}

/** A disk to seed. Units: `sizeGiB` GiB; `allocatedBytes` of seeded content, spread over the disk. */
export interface EstateDisk {
  readonly subscriptionId?: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region: string;
  readonly sizeGiB: number;
  readonly sku?: string;
  readonly zones?: readonly string[];
  /** Units: bytes; 4096 for Premium SSD v2 and Ultra unless told. */
  readonly logicalSectorSize?: number;
  readonly osType?: 'Linux' | 'Windows';
  readonly hyperVGeneration?: 'V1' | 'V2';
  readonly tags?: Readonly<Record<string, string>>;
  readonly seed?: number;
  readonly allocatedBytes?: number;
  /** A raw image file, may end in .gz, or a packed one (.blocks.gz, see `images/pack-image.py`), that becomes the content. */
  readonly image?: string;
  readonly workload?: EstateWorkload;
  /** Packed images (`.blocks.gz`) laid over the content later: what somebody changed on that day. Instead of a workload. Units: hours from the start. */
  readonly changes?: readonly { readonly afterHours: number; readonly image: string }[];
}

/** A virtual machine to seed. Shape: disks by name, in the machine's group; a network interface is made for it. */
export interface EstateMachine {
  readonly subscriptionId?: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly region: string;
  readonly size?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly zones?: readonly string[];
  readonly osDisk: string;
  readonly dataDisks?: readonly {
    readonly lun: number;
    readonly disk: string;
    readonly caching?: string;
  }[];
  readonly network?: string;
  readonly subnet?: string;
  readonly powerState?: 'running' | 'deallocated' | 'stopped';
}

/** What `POST /sandbox/estate` takes: what there is to be, added to what there is. */
export interface Estate {
  readonly subscriptions?: readonly {
    readonly id: string;
    readonly name?: string;
  }[];
  /** A subscription has one management group, the last that names it. A parent stands before its children. */
  readonly managementGroups?: readonly {
    readonly name: string;
    readonly displayName?: string;
    readonly parent?: string;
    readonly subscriptionIds?: readonly string[];
  }[];
  readonly resourceGroups?: readonly {
    readonly subscriptionId?: string;
    readonly name: string;
    readonly region: string;
    readonly tags?: Readonly<Record<string, string>>;
  }[];
  readonly networks?: readonly {
    readonly subscriptionId?: string;
    readonly resourceGroup: string;
    readonly name: string;
    readonly region: string;
    readonly prefix?: string;
    readonly subnets: readonly {
      readonly name: string;
      readonly prefix: string;
    }[];
  }[];
  readonly disks?: readonly EstateDisk[];
  readonly virtualMachines?: readonly EstateMachine[];
}

type Check = (value: unknown, path: string, problems: string[]) => void;
type Shape = Readonly<Record<string, readonly [Check, 'required' | 'optional']>>;

const text: Check = (value, path, problems) => {
  if (typeof value !== 'string' || value === '') problems.push(`${path}: must be a text`);
};
const natural: Check = (value, path, problems) => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    problems.push(`${path}: must be a whole number from 0`);
};
const fraction: Check = (value, path, problems) => {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) problems.push(`${path}: must be a number from 0 to 1`);
};
const tags: Check = (value, path, problems) => {
  if (!isObject(value) || Object.values(value).some((each) => typeof each !== 'string'))
    problems.push(`${path}: must be texts by name`);
};

function word(...allowed: readonly string[]): Check {
  return (value, path, problems) => {
    if (typeof value !== 'string' || !allowed.includes(value))
      problems.push(`${path}: must be one of ${allowed.join(', ')}`);
  };
}

function list(check: Check): Check {
  return (value, path, problems) => {
    if (!Array.isArray(value)) problems.push(`${path}: must be a list`);
    else for (const [index, each] of value.entries()) check(each, `${path}[${index}]`, problems);
  };
}

function object(shape: Shape): Check {
  return (value, path, problems) => {
    if (!isObject(value)) {
      problems.push(`${path}: must be an object`);
      return;
    }
    for (const name of Object.keys(value))
      if (shape[name] === undefined) problems.push(`${path}.${name}: is not known`);
    for (const [name, [check, need]] of Object.entries(shape)) {
      if (value[name] !== undefined) check(value[name], `${path}.${name}`, problems);
      else if (need === 'required') problems.push(`${path}.${name}: is missing`);
    }
  };
}

const place: Shape = {
  subscriptionId: [text, 'optional'],
  resourceGroup: [text, 'required'],
  name: [text, 'required'],
  region: [text, 'required'],
};

const estateCheck = object({
  subscriptions: [list(object({ id: [text, 'required'], name: [text, 'optional'] })), 'optional'],
  managementGroups: [
    list(
      object({
        name: [text, 'required'],
        displayName: [text, 'optional'],
        parent: [text, 'optional'],
        subscriptionIds: [list(text), 'optional'],
      }),
    ),
    'optional',
  ],
  resourceGroups: [
    list(
      object({
        subscriptionId: [text, 'optional'],
        name: [text, 'required'],
        region: [text, 'required'],
        tags: [tags, 'optional'],
      }),
    ),
    'optional',
  ],
  networks: [
    list(
      object({
        ...place,
        prefix: [text, 'optional'],
        subnets: [list(object({ name: [text, 'required'], prefix: [text, 'required'] })), 'required'],
      }),
    ),
    'optional',
  ],
  disks: [
    list(
      object({
        ...place,
        sizeGiB: [natural, 'required'],
        sku: [text, 'optional'],
        zones: [list(text), 'optional'],
        logicalSectorSize: [natural, 'optional'],
        osType: [word('Linux', 'Windows'), 'optional'],
        hyperVGeneration: [word('V1', 'V2'), 'optional'],
        tags: [tags, 'optional'],
        seed: [natural, 'optional'],
        allocatedBytes: [natural, 'optional'],
        image: [text, 'optional'],
        changes: [list(object({ afterHours: [natural, 'required'], image: [text, 'required'] })), 'optional'],
        workload: [
          object({
            bytesPerDay: [natural, 'required'],
            clearBytesPerDay: [natural, 'optional'],
            hotFraction: [fraction, 'optional'],
            writesPerDay: [natural, 'optional'],
          }),
          'optional',
        ],
      }),
    ),
    'optional',
  ],
  virtualMachines: [
    list(
      object({
        ...place,
        size: [text, 'optional'],
        tags: [tags, 'optional'],
        zones: [list(text), 'optional'],
        osDisk: [text, 'required'],
        dataDisks: [
          list(
            object({
              lun: [natural, 'required'],
              disk: [text, 'required'],
              caching: [text, 'optional'],
            }),
          ),
          'optional',
        ],
        network: [text, 'optional'],
        subnet: [text, 'optional'],
        powerState: [word('running', 'deallocated', 'stopped'), 'optional'],
      }),
    ),
    'optional',
  ],
});

/** Checks an estate. Shape: every problem at once, each with its path. */
export function checkEstate(value: unknown): { estate: Estate } | { problems: readonly string[] } {
  const problems: string[] = [];
  estateCheck(value, 'estate', problems);
  return problems.length > 0 ? { problems } : { estate: value as Json as Estate };
}
