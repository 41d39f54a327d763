import { parseTime } from '../../apimachinery/time.ts';
import { serviceAccount } from '../../api/core-v1/service-account.ts';
import { specOf } from '../pod-spec.ts';
import type { VolumeFile } from './atomic-writer.ts';
import { commonUser } from './ownership.ts';
import type { VolumeContext } from './volume-type.ts';

interface TokenProjection {
  readonly path: string;
  readonly audience?: string | undefined;
  readonly expirationSeconds?: number | undefined;
}

/** A token is renewed when so much of its life is over. */
const RENEW_AFTER = 0.8;

/** The file of a token that is bound to the pod; asked for anew when four fifths of its life are over. */
export async function tokenFile(
  context: VolumeContext,
  projection: TokenProjection,
  mode: number,
): Promise<VolumeFile> {
  const key = `${context.volume.name}/${projection.path}`;
  let issued = context.tokens.get(key);
  if (!issued || context.clock.now() >= issued.renewAt) {
    issued = await requestToken(context, projection);
    context.tokens.set(key, issued);
  }
  // Whoever shares the volume by user or group gets the token by that alone.
  const owner = commonUser(context.pod);
  const narrow = owner !== undefined || specOf(context.pod).securityContext?.fsGroup !== undefined;
  return { content: Buffer.from(issued.token), mode: narrow ? 0o600 : mode, owner };
}

async function requestToken({ pod, client, clock }: VolumeContext, projection: TokenProjection) {
  const { namespace, name, uid } = pod.metadata;
  const expirationSeconds = projection.expirationSeconds ?? 3600;
  const request = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {
      ...(projection.audience && { audiences: [projection.audience] }),
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
    },
  };
  const account = { namespace, name: specOf(pod).serviceAccountName || 'default' };
  const { status } = await client.createSubresource(serviceAccount, account, 'token', request);
  const now = clock.now();
  const expires = parseTime(status?.expirationTimestamp) ?? now + expirationSeconds * 1000;
  return { token: String(status?.token ?? ''), renewAt: now + (expires - now) * RENEW_AFTER };
}
