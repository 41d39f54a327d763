import {
  SERVICE_ACCOUNT_NAME,
  SERVICE_ACCOUNT_TOKEN,
  secret as secretKind,
  type Secret,
} from '../api/core-v1/secret.ts';
import { serviceAccount, type ServiceAccount } from '../api/core-v1/service-account.ts';
import { keyOf, parseKey } from '../apimachinery/object.ts';
import { controller, type Controller, type ReconcileContext } from '../client/controller.ts';
import { unlessGone } from './unless-gone.ts';

/** Whose token shall be signed. */
export interface TokenOfSecret {
  readonly namespace: string;
  /** The secret's name. */
  readonly secret: string;
  readonly serviceAccount: { readonly name: string; readonly uid: string };
}

/** What the secrets are filled with. */
export interface TokenSource {
  /** Signs a token that lives as long as its secret. */
  sign(of: TokenOfSecret): Promise<string>;
  /** The cluster's CA certificates (PEM). */
  readonly rootCa: string;
}

const uidAnnotation = 'kubernetes.io/service-account.uid';
const byAccount = 'service-account';
const byReference = 'referenced-secrets';

/** Fills secrets of type `kubernetes.io/service-account-token`, and deletes them with their service account. */
export function serviceAccountTokenController(source: TokenSource): Controller {
  return controller<Secret>({
    name: 'serviceaccount-token-controller',
    for: secretKind,
    watches: [
      {
        kind: secretKind,
        // Only these: a cluster may have many others.
        fieldSelector: `type=${SERVICE_ACCOUNT_TOKEN}`,
        indexes: { [byAccount]: accountKeys },
        keys: () => [],
      },
      {
        kind: serviceAccount,
        indexes: { [byReference]: referencedSecrets },
        keys: (account, reader) => reader.byIndex(secretKind, byAccount, keyOf(account)).map(keyOf),
      },
    ],
    workers: 5,
    reconcile: (key, context) => reconcile(key, context, source),
  });
}

function accountKeys({ metadata }: Secret): string[] {
  const name = metadata.annotations?.[SERVICE_ACCOUNT_NAME];
  return name ? [keyOf({ namespace: metadata.namespace, name })] : [];
}

function referencedSecrets({ metadata, secrets = [] }: ServiceAccount): string[] {
  return secrets.map(({ name }) => keyOf({ namespace: metadata.namespace, name: name ?? '' }));
}

async function reconcile(key: string, context: ReconcileContext, source: TokenSource): Promise<void> {
  const { reader, client } = context;
  const secret = reader.get(secretKind, key);
  if (!secret) return forget(key, context);
  if (secret.metadata.deletionTimestamp) return;
  const account = await accountOf(secret, context);
  if (account) return fill(secret, account, context, source);
  const { uid } = secret.metadata;
  await unlessGone(client.delete(secretKind, secret.metadata, { preconditions: { uid } }));
}

/** The service account that the secret is for: no other one of its name. The local copy may not know a new one yet. */
async function accountOf(secret: Secret, { reader, client }: ReconcileContext): Promise<ServiceAccount | undefined> {
  const { namespace, annotations = {} } = secret.metadata;
  const name = { namespace, name: annotations[SERVICE_ACCOUNT_NAME] ?? '' };
  const uid = annotations[uidAnnotation];
  const isMeant = (account: ServiceAccount | undefined) => account && (!uid || account.metadata.uid === uid);
  const known = reader.get(serviceAccount, name);
  if (isMeant(known)) return known;
  const live = name.name ? await client.find(serviceAccount, name) : undefined;
  return isMeant(live) ? live : undefined;
}

async function fill(
  secret: Secret,
  account: ServiceAccount,
  { client }: ReconcileContext,
  source: TokenSource,
): Promise<void> {
  const { metadata, data = {} } = secret;
  const rootCa = Buffer.from(source.rootCa).toString('base64');
  if (data['ca.crt'] === rootCa && data.namespace && data.token) return;
  const { name, uid } = account.metadata;
  const of = { namespace: metadata.namespace!, secret: metadata.name, serviceAccount: { name, uid } };
  const token = data.token || Buffer.from(await source.sign(of)).toString('base64');
  const namespace = data.namespace || Buffer.from(of.namespace).toString('base64');
  const annotations = { ...metadata.annotations, [SERVICE_ACCOUNT_NAME]: name, [uidAnnotation]: uid };
  const filled = { ...data, 'ca.crt': rootCa, namespace, token };
  await client.update(secretKind, { ...secret, metadata: { ...metadata, annotations }, data: filled });
}

/** A secret is gone: the service accounts that let their pods use it do so no more. */
async function forget(key: string, { reader, client }: ReconcileContext): Promise<void> {
  const accounts = reader.byIndex(serviceAccount, byReference, key);
  if (accounts.length === 0 || (await client.find(secretKind, parseKey(key)))) return;
  for (const account of accounts) {
    const secrets = account.secrets?.filter((one) => one.name !== parseKey(key).name) ?? [];
    await client.update(serviceAccount, { ...account, secrets });
  }
}
