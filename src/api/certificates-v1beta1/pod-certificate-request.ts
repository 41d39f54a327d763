import type { V1beta1PodCertificateRequest } from '@kubernetes/client-node';
import { forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource } from '../../apimachinery/kind.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { isCertificateRequest } from '../certificates-v1/pem.ts';
import { chainProblem } from '../certificates-v1/request-status.ts';
import { validateSignerName } from '../certificates-v1/signer-name.ts';
import { immutable, same, validateAnnotations } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { validateConditions } from '../meta-v1/condition-validation.ts';

export type PodCertificateRequest = Resource<V1beta1PodCertificateRequest>;
type Spec = Partial<PodCertificateRequest['spec']>;

const DAY = 86_400;
const SECONDS = { shortest: 3600, longest: 91 * DAY, ownLongest: DAY };
const LONGEST_UID = 128;
const ENDS = ['Issued', 'Denied', 'Failed'];

function validate({ spec }: PodCertificateRequest): FieldError[] {
  const given: Spec = spec ?? {};
  return [
    ...validateSignerName('spec.signerName', given.signerName),
    ...(['pod', 'serviceAccount', 'node'] as const).flatMap((who) => validateWho(given, who)),
    ...validateLifetime(given),
    ...validateKey(given),
    ...validateAnnotations('spec.unverifiedUserAnnotations', given.unverifiedUserAnnotations),
    ...Object.keys(given.unverifiedUserAnnotations ?? {})
      .filter((key) => !key.includes('/'))
      .map((key) => invalid('spec.unverifiedUserAnnotations', key, 'keys must be domain-prefixed')),
  ];
}

function validateWho(spec: Spec, who: 'pod' | 'serviceAccount' | 'node'): FieldError[] {
  const [name, uid] = [spec[`${who}Name`] ?? '', spec[`${who}UID`] ?? ''];
  const uidField = `spec.${who}UID`;
  const errors = dns1123Subdomain(name).map((detail) => invalid(`spec.${who}Name`, name, detail));
  if (!uid) errors.push(required(uidField));
  else if (uid.length > LONGEST_UID) errors.push(invalid(uidField, uid, `must be at most ${LONGEST_UID} characters`));
  return errors;
}

function validateLifetime({ maxExpirationSeconds: seconds, signerName = '' }: Spec): FieldError[] {
  const field = 'spec.maxExpirationSeconds';
  const longest = signerName.startsWith('kubernetes.io/') ? SECONDS.ownLongest : SECONDS.longest;
  if (seconds === undefined) return [required(field, 'must be set')];
  if (seconds >= SECONDS.shortest && seconds <= longest) return [];
  return [invalid(field, seconds, `must be in the range [${SECONDS.shortest}, ${longest}]`)];
}

/** The key comes in a request, or (as it first did) by itself with a proof. */
function validateKey({ stubPKCS10Request: stub, pkixPublicKey: key, proofOfPossession: proof }: Spec): FieldError[] {
  if (!stub) {
    if (!key && !proof) return [required('spec.stubPKCS10Request')];
    const missing = key ? 'spec.proofOfPossession' : 'spec.pkixPublicKey';
    return key && proof ? [] : [required(missing)];
  }
  const field = 'spec.stubPKCS10Request';
  const errors = Object.entries({ pkixPublicKey: key, proofOfPossession: proof })
    .filter(([, value]) => value)
    .map(([name]) => forbidden(path('spec', name), 'may not be set together with stubPKCS10Request'));
  if (isCertificateRequest(Buffer.from(stub, 'base64'))) return errors;
  return [...errors, invalid(field, stub, 'must be a DER-serialized PKCS#10 certificate signing request')];
}

/** Once a request has ended, it has ended; and only one that was issued has a certificate. */
function validateStatus(now: PodCertificateRequest, old: PodCertificateRequest): FieldError[] {
  const [status, before] = [now.status ?? {}, old.status ?? {}];
  const ends = (s: typeof status) => (s.conditions ?? []).filter((c) => ENDS.includes(c.type));
  const errors = validateConditions('status.conditions', status.conditions);
  if (ends(before).length > 0 && !same(status, before)) {
    return [...errors, forbidden('status', 'may not change once the request is issued, denied or failed')];
  }
  if (ends(status).length > 1) {
    const detail = 'at most one of "Issued", "Denied", or "Failed" may be present';
    errors.push(
      invalid(
        'status.conditions',
        ends(status).map((c) => c.type),
        detail,
      ),
    );
  }
  for (const condition of ends(status).filter((c) => c.status !== 'True')) {
    const at = path('status.conditions', status.conditions!.indexOf(condition), 'status');
    errors.push(invalid(at, condition.status, 'must be True'));
  }
  return [...errors, ...validateIssued(status, ends(status)[0]?.type === 'Issued')];
}

function validateIssued(status: NonNullable<PodCertificateRequest['status']>, issued: boolean): FieldError[] {
  const fields = ['certificateChain', 'notBefore', 'beginRefreshAt', 'notAfter'] as const;
  if (!issued) {
    return fields
      .filter((name) => status[name])
      .map((name) => forbidden(`status.${name}`, 'may only be set when the request is issued'));
  }
  const missing = fields.filter((name) => !status[name]).map((name) => required(`status.${name}`));
  const problem = status.certificateChain && chainProblem(status.certificateChain);
  return problem ? [...missing, invalid('status.certificateChain', '<certificate data>', problem)] : missing;
}

function setDefaults(request: PodCertificateRequest): void {
  if (request.spec) request.spec.maxExpirationSeconds ??= DAY;
}

export const podCertificateRequest = defineKind<PodCertificateRequest>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'PodCertificateRequest',
  plural: 'podcertificaterequests',
  namespaced: true,
  subresources: [{ ...statusSubresource, validate: validateStatus }],
  columns: [
    nameColumn,
    column('PodName', (r) => r.spec?.podName ?? ''),
    column('ServiceAccountName', (r) => r.spec?.serviceAccountName ?? ''),
    column('NodeName', (r) => r.spec?.nodeName ?? ''),
    column('SignerName', (r) => r.spec?.signerName ?? ''),
    ageColumn,
  ],
  selectableFields: {
    'spec.signerName': (r) => r.spec?.signerName ?? '',
    'spec.podName': (r) => r.spec?.podName ?? '',
    'spec.nodeName': (r) => r.spec?.nodeName ?? '',
  },
  setDefaults,
  validate,
  validateUpdate: (now, old) => immutable('spec', now.spec, old.spec),
});
