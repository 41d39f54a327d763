import { configMap } from '../api/core-v1/config-map.ts';
import { podSecretNames } from '../api/core-v1/pod-secrets.ts';
import { pod as podKind } from '../api/core-v1/pod.ts';
import {
  SERVICE_ACCOUNT_NAME,
  SERVICE_ACCOUNT_TOKEN,
  secret as secretKind,
  type Secret,
} from '../api/core-v1/secret.ts';
import { serviceAccount } from '../api/core-v1/service-account.ts';
import { isApiError } from '../apimachinery/api-error.ts';
import { formatTime, parseTime } from '../apimachinery/time.ts';
import type { Client } from '../client/client.ts';
import { controller, type Controller, type ReconcileContext } from '../client/controller.ts';

const DAY = 24 * 3600_000;
/** Milliseconds that a token must not have been used: upstream's `--legacy-service-account-token-clean-up-period`. */
const UNUSED = 365 * DAY;

const lastUsed = 'kubernetes.io/legacy-token-last-used';
const invalidSince = 'kubernetes.io/legacy-token-invalid-since';
/** Since when the API servers note the use of tokens. */
const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' };

/**
 * Takes tokens of service accounts out of service that were made for their account by itself and that nobody has used
 * for `unused` milliseconds: first they are marked as invalid, and after as long again deleted.
 */
export function legacyServiceAccountTokenCleanerOf(unused: number): Controller {
  return controller<Secret>({
    name: 'legacy-serviceaccount-token-cleaner-controller',
    for: secretKind,
    watches: [{ kind: secretKind, fieldSelector: `type=${SERVICE_ACCOUNT_TOKEN}`, keys: () => [] }],
    async reconcile(key, context) {
      const secret = context.reader.get(secretKind, key);
      if (!secret || secret.metadata.deletionTimestamp) return undefined;
      const now = context.clock.now();
      const step = planCleanup(secret, unused, now);
      if (step.action === 'wait') return { after: step.ms };
      const since = await trackedSince(context.client);
      if (since === undefined || since + unused > now || !(await isSpare(secret, context.client)))
        return { after: DAY };
      return carryOut(secret, step.action, context);
    },
  });
}

export const legacyServiceAccountTokenCleaner = legacyServiceAccountTokenCleanerOf(UNUSED);

/** What is to be done about a token, as far as its secret tells. */
export type Cleanup = { readonly action: 'wait'; readonly ms: number } | { readonly action: 'invalidate' | 'delete' };

/** Looks at the age of a token, its last use, and the day on which it was marked. */
export function planCleanup({ metadata }: Secret, unused: number, now: number): Cleanup {
  const { creationTimestamp, labels = {} } = metadata;
  const days = [labels[lastUsed], labels[invalidSince]].map(dayOf).filter((at) => at !== undefined);
  const since = Math.max(parseTime(creationTimestamp) ?? now, ...days);
  if (since + unused > now) return { action: 'wait', ms: Math.min(DAY, since + unused - now) };
  return { action: dayOf(labels[invalidSince]) === undefined ? 'invalidate' : 'delete' };
}

function dayOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseTime(`${text}T00:00:00Z`);
}

async function trackedSince(client: Client): Promise<number | undefined> {
  return dayOf((await client.find(configMap, tracking))?.data?.['since']);
}

/** Whether the secret is one that its account names, and no pod uses. Others were made by somebody for a purpose. */
async function isSpare({ metadata }: Secret, client: Client): Promise<boolean> {
  const { namespace, name, annotations = {} } = metadata;
  const account = await client.find(serviceAccount, { namespace, name: annotations[SERVICE_ACCOUNT_NAME] ?? '-' });
  if (!account?.secrets?.some((one) => one.name === name)) return false;
  const { items } = await client.list(podKind, { namespace });
  return !items.some(({ spec }) => spec && podSecretNames(spec).includes(name));
}

async function carryOut(
  { metadata }: Secret,
  action: 'invalidate' | 'delete',
  { client, clock }: ReconcileContext,
): Promise<void> {
  const { uid, resourceVersion } = metadata;
  try {
    if (action === 'delete') {
      await client.delete(secretKind, metadata, { preconditions: { uid, resourceVersion } });
      return;
    }
    const labels = { [invalidSince]: formatTime(clock.now()).slice(0, 10) };
    await client.patch(secretKind, metadata, 'merge', { metadata: { uid, resourceVersion, labels } });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
