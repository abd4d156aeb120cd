import { ArmError } from './arm-error.ts';
import type { FaultAction, FaultRule } from './faults.ts';
import { isObject, numberAt, textAt, valueAt } from './json.ts';
import { rateOf } from './retail-prices.ts';
import type { Settings } from './state.ts';

const WORDS = ['lost-answer', 'lost-request', 'stuck-operation', 'stale-list', 'failed-operation'] as const;
const DELAY_MS_MAX = 60_000;

/** The rules of `POST /sandbox/faults`: one, a list, or `{ rules: […] }`. Errors: 400 with what is allowed. */
export function parseFaultRules(body: unknown): FaultRule[] {
  const rules = isObject(body) && Array.isArray(body.rules) ? body.rules : Array.isArray(body) ? body : [body];
  return rules.map(parseRule);
}

function parseRule(value: unknown): FaultRule {
  if (!isObject(value))
    throw wrong('a rule is an object { method?, path?, nth?, times?, probability?, seed?, action }');
  const rule: { -readonly [K in keyof FaultRule]: FaultRule[K] } = {
    action: parseAction(value.action),
  };
  const method = textAt(value, 'method');
  const path = textAt(value, 'path');
  if (method !== null) rule.method = method;
  if (path !== null) rule.path = checkedPattern(path);
  for (const name of ['nth', 'times', 'seed'] as const) {
    const number = numberAt(value, name);
    if (number !== null) rule[name] = number;
  }
  const probability = value.probability;
  if (probability !== undefined) {
    if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1))
      throw wrong('probability lies between 0 and 1');
    rule.probability = probability;
  }
  return rule;
}

function checkedPattern(path: string): string {
  if (path.length > 2 && path.startsWith('/') && path.endsWith('/')) {
    try {
      new RegExp(path.slice(1, -1));
    } catch {
      throw wrong(`path ${path} is no pattern`);
    }
  }
  return path;
}

function parseAction(value: unknown): FaultAction {
  const word = WORDS.find((each) => each === value);
  if (word === 'failed-operation') return { kind: 'failed-operation' };
  if (word !== undefined) return word;
  if (isObject(value)) {
    const status = numberAt(value, 'status');
    if (status !== null) return parseAnswer(value, status);
    const delay = numberAt(value, 'delayMs');
    if (delay !== null && delay >= 0 && delay <= DELAY_MS_MAX) return { kind: 'delay', ms: delay };
    const failed = textAt(value, 'failedOperation');
    if (failed !== null) return { kind: 'failed-operation', code: failed };
    const slow = numberAt(value, 'slowOperationSeconds');
    if (slow !== null && slow >= 0) return { kind: 'slow-operation', seconds: slow };
  }
  throw wrong(
    `action is one of ${WORDS.join(', ')}, { status, code, message?, retryAfterSeconds? }, { delayMs }, ` +
      '{ failedOperation: code } or { slowOperationSeconds }',
  );
}

function parseAnswer(value: unknown, status: number): FaultAction {
  if (status < 400 || status > 599) throw wrong('status lies between 400 and 599');
  const message = textAt(value, 'message');
  const retryAfterSeconds = numberAt(value, 'retryAfterSeconds');
  return {
    kind: 'answer',
    status,
    code: textAt(value, 'code') ?? 'OrderedFault',
    ...(message === null ? {} : { message }),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  };
}

const LEAST_BY_SETTING: Readonly<Record<keyof Settings, number>> = {
  snapshotMs: 0,
  operationMs: 0,
  coreQuota: 0,
  pageSize: 1,
  copyMiBPerSecond: 1,
  copyLeastMs: 0,
  costLagMs: 0,
  costCorrectionMs: 0,
  costCorrectionPercent: -100,
  costDiscountPercent: 0,
};

function isNumericSetting(name: string): name is keyof Settings {
  return Object.hasOwn(LEAST_BY_SETTING, name);
}

type AskedSettings = Partial<Settings> & {
  throttled?: boolean;
  privateEndpoints?: boolean;
  billingCurrency?: string;
};

/** The settings of `POST /sandbox/settings`. Errors: 400 for one that is not known. */
export function parseSettings(body: unknown): AskedSettings {
  if (!isObject(body)) throw wrong('settings are an object');
  const settings: AskedSettings = {};
  for (const name of Object.keys(body)) {
    if (name === 'throttled' || name === 'privateEndpoints') {
      const value = valueAt(body, name);
      if (typeof value !== 'boolean') throw wrong(`${name} is true or false`);
      settings[name] = value;
    } else if (name === 'billingCurrency') {
      const currency = textAt(body, name) ?? '';
      if (rateOf(currency) === null) throw wrong(`there is no currency ${currency}`);
      settings.billingCurrency = currency;
    } else if (isNumericSetting(name)) {
      const number = numberAt(body, name);
      const least = LEAST_BY_SETTING[name];
      if (number === null || number < least) throw wrong(`${name} is a whole number from ${least}`);
      settings[name] = number;
    } else
      throw wrong(
        `there is no setting ${name}; known are ${Object.keys(LEAST_BY_SETTING).join(', ')}, billingCurrency, privateEndpoints, throttled`,
      );
  }
  return settings;
}

function wrong(message: string): ArmError {
  return new ArmError(400, 'BadRequest', message);
}
