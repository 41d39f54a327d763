import type { V1beta1ClusterTrustBundle } from '@kubernetes/client-node';
import { invalid, required, tooLong, type FieldError } from '../../apimachinery/field-error.ts';
import { defineKind } from '../../apimachinery/kind.ts';
import { dns1123Subdomain, pathSegmentName } from '../../apimachinery/names.ts';
import type { Resource } from '../../apimachinery/object.ts';
import { parseCertificate } from '../certificates-v1/request-status.ts';
import { pemBlocks, type PemBlock } from '../certificates-v1/pem.ts';
import { validateSignerName } from '../certificates-v1/signer-name.ts';
import { immutable } from '../meta-v1/checks.ts';
import { column, nameColumn } from '../meta-v1/columns.ts';

export type ClusterTrustBundle = Resource<V1beta1ClusterTrustBundle>;

const LARGEST = 1024 * 1024;
const OMITTED = '<value omitted>';

function validate({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const signerName = spec?.signerName ?? '';
  return [
    ...nameErrors(metadata.name, signerName).map((detail) => invalid('metadata.name', metadata.name, detail)),
    ...(signerName ? validateSignerName('spec.signerName', signerName) : []),
    ...validateBundle(spec?.trustBundle),
  ];
}

/** A bundle of a signer bears the signer's name before its own. */
function nameErrors(name: string, signer: string): string[] {
  if (!signer) return dns1123Subdomain(name);
  const prefix = `${signer.replaceAll('/', ':')}:`;
  if (name.startsWith(prefix)) return dns1123Subdomain(name.slice(prefix.length));
  return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

function validateBundle(text: string | undefined): FieldError[] {
  const field = 'spec.trustBundle';
  if (!text) return [required(field)];
  if (text.length > LARGEST) return [tooLong(field, LARGEST)];
  const { blocks, between } = pemBlocks(text);
  if (between) return [invalid(field, OMITTED, 'trust bundle contains data outside of PEM blocks')];
  if (blocks.length === 0) return [invalid(field, OMITTED, 'at least one trust anchor must be provided')];
  const errors = blocks.flatMap((block, i) => {
    const problem = anchorProblem(block, i);
    return problem ? [invalid(field, OMITTED, problem)] : [];
  });
  return [...errors, ...validateDistinct(blocks, field)];
}

function anchorProblem({ type, hasHeaders, bytes }: PemBlock, i: number): string | undefined {
  if (type !== 'CERTIFICATE') return `entry ${i} has bad block type: ${type}`;
  if (hasHeaders) return `entry ${i} has PEM block headers`;
  const certificate = parseCertificate(bytes);
  if (!certificate) return `entry ${i} does not parse as X.509`;
  return certificate.ca ? undefined : `entry ${i} does not have the CA bit set`;
}

function validateDistinct(blocks: readonly PemBlock[], field: string): FieldError[] {
  const places = new Map<string, number[]>();
  blocks.forEach(({ bytes }, i) => {
    const key = bytes.toString('base64');
    places.set(key, [...(places.get(key) ?? []), i]);
  });
  return [...places.values()]
    .filter((indices) => indices.length > 1)
    .map((indices) => invalid(field, OMITTED, `duplicate trust anchor (indices [${indices.join(' ')}])`));
}

export const clusterTrustBundle = defineKind<ClusterTrustBundle>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
  deprecation: 'certificates.k8s.io/v1beta1 ClusterTrustBundle is deprecated in v1.36+, unavailable in v1.39+',
  columns: [nameColumn, column('SignerName', (b) => b.spec?.signerName || '<none>')],
  selectableFields: { 'spec.signerName': (b) => b.spec?.signerName ?? '' },
  validateName: pathSegmentName,
  validate,
  validateUpdate: (now, old) => immutable('spec.signerName', now.spec?.signerName, old.spec?.signerName),
});
