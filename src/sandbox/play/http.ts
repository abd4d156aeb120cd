/** An answer of the app or of the sandbox. `body` is the parsed JSON, or the text where it is none. */
export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** Sends requests as a person's script would: JSON in and out, with a token. */
export interface HttpClient {
  send<Body>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<Body>>;
  /** As `send`, but any status that is not 2xx is an error that shows the answer. */
  ask<Body>(method: string, path: string, body?: unknown): Promise<Body>;
}

const ANSWER_MS = 120_000;
const SHOWN_LENGTH = 600;

/** Makes a client for everything below a base URL. */
export function httpClient(baseUrl: string, token?: string): HttpClient {
  const send = async <Body>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> => {
    const answered = fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const response = await answered.catch((error: unknown) => {
      throw new Error(
        `${method} ${baseUrl}${path} was not answered: ${error instanceof Error ? error.message : error}`,
        {
          cause: error,
        },
      );
    });
    return { status: response.status, headers: response.headers, body: read(await response.text()) as Body };
  };
  return {
    send,
    ask: async <Body>(method: string, path: string, body?: unknown) => {
      const answer = await send<Body>(method, path, body);
      if (answer.status >= 200 && answer.status < 300) return answer.body;
      const shown = JSON.stringify(answer.body)?.slice(0, SHOWN_LENGTH);
      throw new Error(`${method} ${path} was answered ${answer.status}: ${shown}`);
    },
  };
}

function read(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
