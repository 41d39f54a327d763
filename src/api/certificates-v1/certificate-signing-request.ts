import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { duplicate, invalid, notSupported, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { copyJson } from '../../apimachinery/json-value.ts';
import { defineKind, statusSubresource, type Caller, type Subresource } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { humanDuration } from '../../apimachinery/time.ts';
import { repeats } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';
import { keyUsages } from './key-usages.ts';
import { isCertificateRequest, pemBlocks } from './pem.ts';
import { keepDecisions, stampConditions, validateApproval, validateRequestStatus } from './request-status.ts';
import { validateSignerName } from './signer-name.ts';

export type CertificateSigningRequest = Resource<V1CertificateSigningRequest>;

/** Was for requests of the first beta version, whose signer nobody knew. */
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const SHORTEST_SECONDS = 600;

/** Takes over the conditions of what was sent: that is how a request is approved or denied. */
const approvalSubresource: Subresource<CertificateSigningRequest> = {
  name: 'approval',
  verbs: ['get', 'patch', 'update'],
  set: (parent, sent: CertificateSigningRequest) => ({
    ...parent,
    metadata: { ...parent.metadata, ...copyJson(sent.metadata ?? {}) },
    status: { ...parent.status, ...(sent.status?.conditions && { conditions: copyJson(sent.status.conditions) }) },
  }),
  validate: validateApproval,
};

function has(request: CertificateSigningRequest, type: string): boolean {
  return request.status?.conditions?.some((condition) => condition.type === type) ?? false;
}

function validate({ spec }: CertificateSigningRequest, old?: CertificateSigningRequest): FieldError[] {
  if (old) return []; // the spec never changes
  const seconds = spec?.expirationSeconds;
  const errors = validateRequest(spec?.request);
  errors.push(...validateUsages(spec?.usages ?? []), ...validateSignerName('spec.signerName', spec?.signerName));
  if (spec?.signerName === LEGACY_SIGNER) {
    errors.push(
      invalid('spec.signerName', spec.signerName, 'the legacy signerName is not allowed via this API version'),
    );
  }
  if (seconds !== undefined && seconds < SHORTEST_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', seconds, detail));
  }
  return errors;
}

function validateRequest(base64 = ''): FieldError[] {
  const [block] = pemBlocks(Buffer.from(base64, 'base64').toString('latin1')).blocks;
  if (block?.type !== 'CERTIFICATE REQUEST') {
    return [invalid('spec.request', base64, 'PEM block type must be CERTIFICATE REQUEST')];
  }
  if (isCertificateRequest(block.bytes)) return [];
  return [invalid('spec.request', base64, 'asn1: structure error: the block holds no certificate request')];
}

function validateUsages(usages: readonly string[]): FieldError[] {
  if (usages.length === 0) return [required('spec.usages')];
  const again = repeats(usages);
  return usages.flatMap((usage, i) => [
    ...(keyUsages.includes(usage) ? [] : [notSupported(path('spec.usages', i), usage, keyUsages)]),
    ...(again(i) ? [duplicate(path('spec.usages', i), usage)] : []),
  ]);
}

function conditionText(request: CertificateSigningRequest): string {
  const words = ['Approved', 'Denied', 'Failed'].filter((type) => has(request, type));
  if (words.length === 0) words.push('Pending');
  if (request.status?.certificate) words.push('Issued');
  return words.join(',');
}

function askedBy(username: string, caller: Caller | undefined): Partial<CertificateSigningRequest['spec']> {
  const extra = Object.entries(caller?.extra ?? {}).map(([key, values]): [string, string[]] => [key, [...values]]);
  return {
    username,
    ...(caller?.uid && { uid: caller.uid }),
    ...(caller?.groups.length && { groups: [...caller.groups] }),
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  };
}

export const certificateSigningRequest = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  namespaced: false,
  shortNames: ['csr'],
  columns: [
    nameColumn,
    ageColumn,
    column('SignerName', (r) => r.spec?.signerName ?? ''),
    column('Requestor', (r) => r.spec?.username ?? ''),
    column('RequestedDuration', (r) =>
      r.spec?.expirationSeconds === undefined ? '<none>' : humanDuration(r.spec.expirationSeconds * 1000),
    ),
    column('Condition', conditionText),
  ],
  selectableFields: { 'spec.signerName': (r) => r.spec?.signerName ?? '' },
  subresources: [approvalSubresource, { ...statusSubresource, validate: validateRequestStatus }],
  validateName: pathSegmentName,
  validate,
  prepareForCreate(r, { user, caller }) {
    // Who asks is who was authenticated, whatever the request says.
    const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = r.spec ?? {};
    r.spec = { ...spec, ...askedBy(user, caller) };
    r.status = {};
  },
  prepareForUpdate(r, old, { subresource, now }) {
    r.spec = old.spec;
    if (subresource === 'status') keepDecisions(r, old);
    if (subresource) stampConditions(r, old, now);
  },
});
