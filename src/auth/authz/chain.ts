import type { Authorizer } from './authorizer.ts';

/** Asks one authorizer after the other; the first that allows counts. All reasons together explain a refusal. */
export function authorizerChain(authorizers: readonly Authorizer[]): Authorizer {
  return {
    async authorize(user, attributes) {
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = await authorizer.authorize(user, attributes);
        if (decision.allowed) return decision;
        if (decision.reason) reasons.push(decision.reason);
      }
      return reasons.length ? { allowed: false, reason: reasons.join('; ') } : { allowed: false };
    },
  };
}
