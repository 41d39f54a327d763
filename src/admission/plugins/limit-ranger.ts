import { limitRange, type LimitRange } from '../../api/core-v1/limit-range.ts';
import { persistentVolumeClaim, type PersistentVolumeClaim } from '../../api/core-v1/persistent-volume-claim.ts';
import { pod, type Pod } from '../../api/core-v1/pod.ts';
import type { Container } from '../../api/core-v1/pod-spec.ts';
import { claimLimitErrors, podLimitErrors } from '../limits.ts';
import { isKind, type AdmissionPlugin, type AdmissionReader, type AdmissionRequest } from '../plugin.ts';
import { refuse } from '../refusal.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Fills in what a namespace's limit ranges say of resources, and refuses what they do not allow. */
export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  operations: ['CREATE', 'UPDATE'],
  kinds: [pod, persistentVolumeClaim],
  subresources: ['', 'resize'],
  async admit(request, reader) {
    if (request.operation !== 'CREATE' || !isKind(request.kind, pod)) return;
    for (const range of await reader.list(limitRange, request.namespace)) setDefaults(request.object as Pod, range);
  },
  async validate(request, reader) {
    const ranges = isLimited(request) ? await rangesOf(request, reader) : [];
    if (ranges.length === 0) return;
    const object = request.object!;
    const errors = ranges.flatMap((range) =>
      isKind(request.kind, pod)
        ? podLimitErrors((object as Pod).spec!, range)
        : claimLimitErrors(object as PersistentVolumeClaim, range),
    );
    const distinct = [...new Set(errors)];
    if (distinct.length > 0) throw refuse(request, distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`);
  },
};

/** What a pod's containers may use changes by a resize only; what is going may still be changed. */
function isLimited({ kind, operation, subresource, object }: AdmissionRequest): boolean {
  if (object!.metadata.deletionTimestamp) return false;
  if (isKind(kind, pod)) return (operation === 'CREATE') === (subresource === '');
  return subresource === '';
}

function rangesOf({ namespace }: AdmissionRequest, reader: AdmissionReader): Promise<LimitRange[]> {
  return reader.list(limitRange, namespace);
}

function setDefaults(created: Pod, range: LimitRange): void {
  const limits = (range.spec?.limits ?? []).filter(({ type }) => type === 'Container');
  const requests = Object.assign({}, ...limits.map((limit) => limit.defaultRequest));
  const most = Object.assign({}, ...limits.map((limit) => limit.default));
  const { spec, metadata } = created;
  const told = [
    ...(spec?.containers ?? []).flatMap((container) => fill(container, 'container', requests, most)),
    ...(spec?.initContainers ?? []).flatMap((container) => fill(container, 'init container', requests, most)),
  ];
  if (told.length === 0) return;
  metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${told.join('; ')}` };
}

type Quantities = Readonly<Record<string, string>>;

/** @returns what was filled in, in words */
function fill(container: Container, what: string, requests: Quantities, limits: Quantities): string[] {
  const resources = (container.resources ??= {});
  const told: string[] = [];
  for (const [field, word, defaults] of [
    ['requests', 'request', requests],
    ['limits', 'limit', limits],
  ] as const) {
    const missing = Object.keys(defaults).filter((name) => !Object.hasOwn(resources[field] ?? {}, name));
    if (missing.length === 0) continue;
    const added = Object.fromEntries(missing.map((name) => [name, defaults[name]!]));
    resources[field] = { ...resources[field], ...added };
    told.push(`${missing.sort().join(', ')} ${word} for ${what} ${container.name}`);
  }
  return told;
}
