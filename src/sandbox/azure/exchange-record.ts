import { ArmError } from './arm-error.ts';
import { isObject } from './json.ts';

/** One request to Resource Manager with its answer, as it was recorded. */
export interface RecordedExchange {
  readonly method: string;
  /** The path of the route that answered. */
  readonly route: string;
  readonly path: string;
  readonly apiVersion: string;
  /** Nothing where there was none; as it was before the route saw it. */
  readonly requestBody: unknown;
  readonly status: number;
  readonly answerBody: unknown;
  /** The sandbox's name of who asked. */
  readonly caller: string;
}

/** What is taken of a request and of an answer. */
interface Asked {
  readonly path: string;
  readonly apiVersion: string;
  readonly body: unknown;
  readonly principal: { readonly name: string };
}
interface Answered {
  readonly status: number;
  readonly body?: unknown;
}

/** Of each method, route and status, the first ones are enough to see what shapes there are; a long run would fill the memory else. */
const PER_KIND_MAX = 300;
/** What opens something: it is not written down. */
const SECRETS = new Set(['accesssas', 'securitydataaccesssas', 'securitymetadataaccesssas', 'adminpassword', 'token']);

/**
 * Keeps what was asked and answered, bodies too, for those who check them against what Azure publishes. Off unless it was asked for.
 *
 * Safety: signatures and passwords are replaced by a word; headers, and so tokens, are not kept.
 */
export class ExchangeRecord {
  private readonly kept: RecordedExchange[] = [];
  private readonly counts = new Map<string, number>();

  /** Lets a route answer, and keeps what it answered; refusals too. */
  async answer<Request extends Asked, Answer extends Answered>(
    route: {
      readonly method: string;
      readonly path: string;
      answer(request: Request): Answer | Promise<Answer>;
    },
    request: Request,
  ): Promise<Answer> {
    const { path, apiVersion, principal } = request;
    const asked = { method: route.method, route: route.path, path, apiVersion, caller: principal.name };
    const requestBody = withoutSecrets(request.body);
    try {
      const answer = await route.answer(request);
      this.add({ ...asked, requestBody, status: answer.status, answerBody: withoutSecrets(answer.body) });
      return answer;
    } catch (error) {
      if (error instanceof ArmError) {
        this.add({ ...asked, requestBody, status: error.status, answerBody: error.toBody() });
      }
      throw error;
    }
  }

  /** The oldest first. */
  list(): readonly RecordedExchange[] {
    return this.kept;
  }

  private add(exchange: RecordedExchange): void {
    const kind = `${exchange.method} ${exchange.route} ${exchange.status}`;
    const count = this.counts.get(kind) ?? 0;
    this.counts.set(kind, count + 1);
    if (count < PER_KIND_MAX) this.kept.push(exchange);
  }
}

/** A copy as of now (resources change while the record is kept), without what opens something. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRETS.has(name.toLowerCase()) && typeof item === 'string' ? 'hidden' : withoutSecrets(item),
    ]),
  );
}
