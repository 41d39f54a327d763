import { X509Certificate } from 'node:crypto';
import { duplicate, forbidden, invalid, path, required, type FieldError } from '../../apimachinery/field-error.ts';
import { formatTime } from '../../apimachinery/time.ts';
import { oneOf, repeats, same } from '../meta-v1/checks.ts';
import type { CertificateSigningRequest } from './certificate-signing-request.ts';
import { pemBlocks } from './pem.ts';

type Condition = NonNullable<NonNullable<CertificateSigningRequest['status']>['conditions']>[number];

/** Conditions that stay once they are there. */
const LASTING = ['Approved', 'Denied', 'Failed'];
const DECISIONS = ['Approved', 'Denied'];

function conditionsOf(request: CertificateSigningRequest): Condition[] {
  return request.status?.conditions ?? [];
}

function ofType(request: CertificateSigningRequest, type: string): Condition[] {
  return conditionsOf(request).filter((condition) => condition.type === type);
}

/**
 * A status is written with the decisions as they are, each in its place: who decides writes the approval. One that came
 * or went is left for validation to refuse.
 */
export function keepDecisions(now: CertificateSigningRequest, old: CertificateSigningRequest): void {
  const conditions = now.status?.conditions;
  for (const type of DECISIONS) {
    const before = ofType(old, type);
    if (!conditions || before.length !== ofType(now, type).length) continue;
    let next = 0;
    conditions.forEach((condition, i) => {
      if (condition.type === type) conditions[i] = before[next++]!;
    });
  }
}

/** Says of conditions that are new when they came. */
export function stampConditions(now: CertificateSigningRequest, old: CertificateSigningRequest, time: number): void {
  for (const condition of conditionsOf(now)) {
    condition.lastUpdateTime ??= formatTime(time);
    if (condition.lastTransitionTime) continue;
    const before = ofType(old, condition.type).find((c) => c.status === condition.status);
    condition.lastTransitionTime = before?.lastTransitionTime ?? formatTime(time);
  }
}

/** The rules of a change of the status, where nothing is decided. */
export function validateRequestStatus(now: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const added = DECISIONS.filter((type) => ofType(now, type).length > ofType(old, type).length).map((type) =>
    forbidden('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`),
  );
  return [...validateApproval(now, old), ...added];
}

/** The rules of an approval or denial. */
export function validateApproval(now: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return [...validateConditions(conditionsOf(now)), ...validateCertificate(now, old), ...validateLasting(now, old)];
}

function validateConditions(conditions: readonly Condition[]): FieldError[] {
  const again = repeats(conditions.map((condition) => condition.type));
  const decided = new Set<string>();
  return conditions.flatMap(({ type, status }, i) => {
    const at = path('status.conditions', i);
    const errors = validateValue(type, status, at);
    const typeField = path(at, 'type');
    if (again(i)) errors.push(duplicate(typeField, type));
    if (DECISIONS.includes(type)) decided.add(type);
    if (decided.has(type) && decided.size > 1) {
      errors.push(invalid(typeField, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    return errors;
  });
}

function validateValue(type: string, status: string | undefined, at: string): FieldError[] {
  if (!type) return [required(path(at, 'type'))];
  if (!status) return [required(path(at, 'status'))];
  return oneOf(path(at, 'status'), status, LASTING.includes(type) ? ['True'] : ['True', 'False', 'Unknown']);
}

function validateLasting(now: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return LASTING.filter((type) => ofType(now, type).length < ofType(old, type).length).map((type) =>
    forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
  );
}

function validateCertificate(now: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const [certificate, before] = [now.status?.certificate, old.status?.certificate];
  if (same(certificate ?? '', before ?? '')) return [];
  const field = 'status.certificate';
  if (before) return [forbidden(field, 'updates may not modify existing certificate content')];
  const problem = chainProblem(Buffer.from(certificate ?? '', 'base64').toString('latin1'));
  return problem ? [invalid(field, '<certificate data>', problem)] : [];
}

/** What is wrong with a chain of certificates as PEM, or undefined. */
export function chainProblem(text: string): string | undefined {
  const { blocks } = pemBlocks(text);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const [i, { type, hasHeaders, bytes }] of blocks.entries()) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`;
    if (hasHeaders) return 'no PEM block headers are permitted';
    if (!parseCertificate(bytes)) return `the certificate at index ${i} cannot be parsed`;
  }
  return undefined;
}

/** @returns undefined when the bytes are no certificate */
export function parseCertificate(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes);
  } catch {
    return undefined;
  }
}
