import { X509Certificate } from 'node:crypto';
import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import { parseTime } from '../../apimachinery/time.ts';
import { controller } from '../../client/controller.ts';
import { findCondition } from '../conditions.ts';
import { unlessGone } from '../unless-gone.ts';

const HOUR = 3600_000;
/** Milliseconds that a request stays once it was decided on, and as long as nobody did. */
const DECIDED = HOUR;
const PENDING = 24 * HOUR;

/** Removes requests that have served: who wanted the certificate has it, or will ask again. */
export const certificateCleanerController = controller<CertificateSigningRequest>({
  name: 'certificatesigningrequest-cleaner-controller',
  for: certificateSigningRequest,
  async reconcile(key, { reader, client, clock }) {
    const request = reader.get(certificateSigningRequest, key);
    const at = request && endOf(request);
    if (!request || at === undefined) return undefined;
    const wait = at - clock.now();
    if (wait > 0) return { after: wait };
    const { uid, resourceVersion } = request.metadata;
    await unlessGone(
      client.delete(certificateSigningRequest, request.metadata, { preconditions: { uid, resourceVersion } }),
    );
    return undefined;
  },
});

/** When a request is to go, in milliseconds; undefined when its state says nothing of that. */
export function endOf({ metadata, status }: CertificateSigningRequest): number | undefined {
  const { conditions = [], certificate } = status ?? {};
  const after = (time: string | undefined, ms: number) => {
    const since = parseTime(time);
    return since === undefined ? undefined : since + ms;
  };
  if (conditions.length === 0) return after(metadata.creationTimestamp, PENDING);
  const updated = (type: string) => findCondition(conditions, type)?.lastUpdateTime;
  const approved = findCondition(conditions, 'Approved');
  const ends = [
    after(updated('Denied'), DECIDED),
    after(updated('Failed'), DECIDED),
    approved && certificate ? after(approved.lastUpdateTime, DECIDED) : undefined,
    approved && certificate ? expiry(certificate) : undefined,
    // An approval that no signer acted on.
    approved && !certificate ? after(approved.lastUpdateTime, PENDING) : undefined,
  ].filter((end) => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** When the certificate (PEM in base64) ends; undefined when it cannot be read. */
function expiry(certificate: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(Buffer.from(certificate, 'base64')).validTo);
  } catch {
    return undefined;
  }
}
