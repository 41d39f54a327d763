import type { MetricRegistry } from '../../base/metrics.ts';
import type { UserInfo } from '../../auth/user.ts';

const buckets = [
  0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384,
];
/** User names that are labels; all others are one, because there is no end of them. */
const knownUsers = new Set(['admin', 'kube-admin', 'kubernetes-admin', 'system:anonymous']);

/** How requests fare with authentication and authorization. */
export class AccessMetrics {
  readonly #users;
  readonly #authentication;
  readonly #authorization;

  constructor(registry: MetricRegistry) {
    this.#users = registry.counter('authenticated_user_requests', 'Requests of users that were recognized.', [
      'username',
    ]);
    const attempts = registry.counter('authentication_attempts', 'Attempts to authenticate, by result.', ['result']);
    const seconds = ['authentication_duration_seconds', 'How long authentication took.'] as const;
    const duration = registry.histogram(...seconds, ['result'], buckets);
    const authentication = (result: string) => ({ count: attempts.labels(result), time: duration.labels(result) });
    this.#authentication = { success: authentication('success'), failure: authentication('failure') };
    const decisions = registry.counter('authorization_attempts_total', 'Decisions of authorization.', ['result']);
    const decided = ['authorization_duration_seconds', 'How long decisions of authorization took.'] as const;
    const decisionTime = registry.histogram(...decided, ['result'], buckets);
    const authorization = (result: string) => ({ count: decisions.labels(result), time: decisionTime.labels(result) });
    this.#authorization = { allowed: authorization('allowed'), denied: authorization('denied') };
  }

  /** `user` is who was recognized, if anybody was. */
  authenticated(user: UserInfo | undefined, seconds: number): void {
    const { count, time } = this.#authentication[user ? 'success' : 'failure'];
    count.value++;
    time.observe(seconds);
    if (user) this.#users.labels(knownUsers.has(user.username) ? user.username : 'other').inc();
  }

  authorized(allowed: boolean, seconds: number): void {
    const { count, time } = this.#authorization[allowed ? 'allowed' : 'denied'];
    count.value++;
    time.observe(seconds);
  }
}
