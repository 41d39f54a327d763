import type { V1CertificateSigningRequest } from '@kubernetes/client-node';
import { duplicate, invalid, required, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind, statusSubresource, type Subresource } from '../../apimachinery/kind.ts';
import { pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { humanDuration } from '../../apimachinery/time.ts';
import { same } from '../meta-v1/checks.ts';
import { ageColumn, column, nameColumn } from '../meta-v1/columns.ts';

export type CertificateSigningRequest = Resource<V1CertificateSigningRequest>;

const SHORTEST_SECONDS = 600;

/** Takes over the conditions of what was sent: that is how a request is approved or denied. */
const approvalSubresource: Subresource<CertificateSigningRequest> = {
  name: 'approval',
  verbs: ['get', 'patch', 'update'],
  set: (parent, sent: CertificateSigningRequest) => ({
    ...parent,
    status: { ...parent.status, ...(sent.status?.conditions && { conditions: sent.status.conditions }) },
  }),
  validate: validateConditions,
};

function has(request: CertificateSigningRequest, type: string): boolean {
  return request.status?.conditions?.some((condition) => condition.type === type) ?? false;
}

/** A decision stays, and there is only one. */
function validateConditions(now: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const field = 'status.conditions';
  const errors: FieldError[] = [];
  for (const type of ['Approved', 'Denied', 'Failed']) {
    if (has(old, type) && !has(now, type)) {
      errors.push({
        type: 'FieldValueForbidden',
        field,
        message: `Forbidden: updates may not remove a condition of type "${type}"`,
      });
    }
  }
  if (has(now, 'Approved') && has(now, 'Denied')) {
    errors.push(invalid(field, 'Denied', 'Approved and Denied conditions are mutually exclusive'));
  }
  const types = (now.status?.conditions ?? []).map((condition) => condition.type);
  types.forEach((type, i) => {
    if (types.indexOf(type) < i) errors.push(duplicate(`${field}[${i}].type`, type));
  });
  return errors;
}

function validate({ spec }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec?.usages?.length) errors.push(required('spec.usages'));
  if (!spec?.request) errors.push(required('spec.request'));
  else if (!isPemRequest(spec.request)) {
    errors.push(invalid('spec.request', spec.request, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  const seconds = spec?.expirationSeconds;
  if (seconds !== undefined && seconds < SHORTEST_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalid('spec.expirationSeconds', seconds, detail));
  }
  const signer = spec?.signerName;
  if (!signer) errors.push(required('spec.signerName'));
  else if (!/^[^/]+\.[^/]+\/.+$/.test(signer)) {
    errors.push(
      invalid(
        'spec.signerName',
        signer,
        'must be a fully qualified domain and path of the form "example.com/signer-name"',
      ),
    );
  }
  return errors;
}

function isPemRequest(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('latin1').trimStart().startsWith('-----BEGIN CERTIFICATE REQUEST-----');
}

function conditionText(request: CertificateSigningRequest): string {
  const words = ['Approved', 'Denied', 'Failed'].filter((type) => has(request, type));
  if (words.length === 0) words.push('Pending');
  if (request.status?.certificate) words.push('Issued');
  return words.join(',');
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
  subresources: [approvalSubresource, statusSubresource],
  validateName: pathSegmentName,
  validate,
  prepareForCreate(r, { user }) {
    // Who asks is who was authenticated, whatever the request says.
    r.spec = { ...r.spec, username: user };
    r.status = {};
  },
  prepareForUpdate(r, old) {
    r.spec = old.spec;
  },
  validateUpdate: (now, old) =>
    same(now.status?.certificate, old.status?.certificate) || !old.status?.certificate
      ? []
      : [invalid('status.certificate', '<certificate>', 'may not be changed once set')],
});
