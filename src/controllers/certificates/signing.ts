import {
  certificateSigningRequest,
  type CertificateSigningRequest,
} from '../../api/certificates-v1/certificate-signing-request.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { hasTrue, requestText, signers } from './request.ts';
import { refusal } from './rules.ts';
import type { CertificateSigner } from './signer.ts';

/** Seconds that a certificate is valid: the most, which is also what nobody asked for otherwise gets, and the least. */
const LONGEST = 365 * 24 * 3600;
const SHORTEST = 600;

/** Signs the requests to the cluster's own signers that were approved. */
export function certificateSigningController(signer: CertificateSigner): Controller {
  return controller<CertificateSigningRequest>({
    name: 'certificatesigningrequest-signing-controller',
    for: certificateSigningRequest,
    workers: 5,
    reconcile: (key, context) => reconcile(key, context, signer),
  });
}

async function reconcile(key: string, { reader, client, clock }: ReconcileContext, signer: CertificateSigner) {
  const request = reader.get(certificateSigningRequest, key);
  if (!request || request.status?.certificate || !isOurs(request)) return;
  if (!hasTrue(request, 'Approved') || hasTrue(request, 'Denied') || hasTrue(request, 'Failed')) return;
  const { usages = [], signerName, expirationSeconds } = request.spec;
  const text = requestText(request);
  const message = refusal(signerName, signer.identityOf(text), usages);
  const outcome = message
    ? withFailure(request, message, clock.now())
    : { certificate: base64(await signer.sign(text, { usages, seconds: validSeconds(expirationSeconds) })) };
  await client.updateStatus(certificateSigningRequest, { ...request, status: { ...request.status, ...outcome } });
}

function isOurs({ spec }: CertificateSigningRequest): boolean {
  return (Object.values(signers) as string[]).includes(spec.signerName);
}

/** How long a certificate is valid for which so many seconds were asked. */
export function validSeconds(asked: number | undefined): number {
  return asked === undefined ? LONGEST : Math.min(LONGEST, Math.max(SHORTEST, asked));
}

function withFailure({ status }: CertificateSigningRequest, message: string, now: number) {
  const time = formatTime(now);
  const reason = 'SignerValidationFailure';
  const failed = { type: 'Failed', status: 'True', reason, message, lastUpdateTime: time, lastTransitionTime: time };
  return { conditions: [...(status?.conditions ?? []), failed] };
}

function base64(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64');
}
