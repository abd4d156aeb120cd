/** More about an error. */
export interface ErrorDetail {
  readonly code: string;
  readonly target: string;
  readonly message: string;
}

/** An answer of Azure that is an error: thrown by routes, written once by the server as ARM's error body. */
export class ArmError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly target: string | null;
  readonly details: readonly ErrorDetail[];

  constructor(
    status: number,
    code: string,
    message: string,
    more: { headers?: Record<string, string>; target?: string; details?: readonly ErrorDetail[] } = {},
  ) {
    super(message);
    this.name = 'ArmError';
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.target = more.target ?? null;
    this.details = more.details ?? [];
  }

  /** Shape: `{ error: { code, message, target?, details? } }`, as every ARM provider writes it. */
  toBody(): { error: { code: string; message: string; target?: string; details?: readonly ErrorDetail[] } } {
    const target = this.target === null ? {} : { target: this.target };
    const details = this.details.length === 0 ? {} : { details: this.details };
    return { error: { code: this.code, message: this.message, ...target, ...details } };
  }
}

/** 400 with the parameter at fault. */
export function invalidParameter(target: string, message?: string): ArmError {
  return new ArmError(400, 'InvalidParameter', message ?? `The value of parameter ${target} is invalid.`, { target });
}

/** 409: the request is right, but not for the resource as it is now. */
export function notAllowed(message: string): ArmError {
  return new ArmError(409, 'OperationNotAllowed', message);
}

/** 404 as ARM answers for a resource of a type it knows. */
export function resourceNotFound(type: string, name: string, group: string): ArmError {
  return new ArmError(
    404,
    'ResourceNotFound',
    `The Resource '${type}/${name}' under resource group '${group}' was not found. ` +
      'For more details please go to https://aka.ms/ARMResourceNotFoundFix',
  );
}

/** 404 as ARM answers for a resource group. */
export function groupNotFound(group: string): ArmError {
  return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${group}' could not be found.`);
}

/** 404 as ARM answers for a subscription. */
export function subscriptionNotFound(subscription: string): ArmError {
  return new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscription}' could not be found.`);
}

/** 404 for a resource that a body refers to. */
export function referenceNotFound(id: string): ArmError {
  return new ArmError(404, 'NotFound', `The entity was not found: ${id}.`);
}

/** 501: Azure can do it, the sandbox cannot (yet). Never a fake success. */
export function notInSandbox(what: string): ArmError {
  return new ArmError(501, 'NotSupportedBySandbox', `The sandbox does not support ${what}.`);
}
