/**
 * Makes an object belong to one process: once that process is dead, nothing it still has under way reaches the outside any more. A call of a dead
 * process never answers, as after `kill -9`.
 */
export function gate<T extends object>(target: T, isAlive: () => boolean): T {
  return new Proxy(target, {
    get: (object, property) => {
      const value: unknown = Reflect.get(object, property);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        if (!isAlive()) return neverIterating();
        const answer: unknown = Reflect.apply(value, object, parameters);
        const isPart =
          typeof answer === 'object' &&
          answer !== null &&
          !(answer instanceof Promise) &&
          !(Symbol.asyncIterator in answer);
        return isPart ? gate(answer, isAlive) : answer;
      };
    },
  });
}

function neverIterating(): unknown {
  const never = new Promise<never>(() => {});
  return Object.assign(never, { [Symbol.asyncIterator]: () => ({ next: () => never }) });
}
