import { service as serviceKind, type Service } from '../../api/core-v1/service.ts';
import type { EndpointSlice } from '../../api/discovery-v1/endpoint-slice.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { semanticEqual } from '../semantic-equal.ts';
import { isHeadless } from '../service-pods.ts';
import { addressTypesOf, portsKey, type Endpoint, type EndpointGroup } from './desired.ts';

export const managedByLabel = 'endpointslice.kubernetes.io/managed-by';
export const managedBy = 'endpointslice-controller.k8s.io';
export const serviceNameLabel = 'kubernetes.io/service-name';
export const headlessLabel = 'service.kubernetes.io/headless';

/** Annotation that tells when what a slice or Endpoints answer to happened. */
export const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

/** At most so many endpoints stand in one slice. */
export const MAX_ENDPOINTS = 100;

/** What to write so that the slices of a service are as they should be. */
export interface SlicePlan {
  readonly create: New<EndpointSlice>[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
}

/** What all slices of one kind of owner have in common. */
export interface SliceOwner {
  readonly metadata: New<EndpointSlice>['metadata'];
  /** The annotation that is written anew with each change, if any: when what the change answers to happened. */
  readonly trigger?: string | undefined;
}

/** The slices of a service as they should be; each of its families has at least one. */
export function planSlices(
  service: Service,
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  max = MAX_ENDPOINTS,
  trigger?: string,
): SlicePlan {
  const metadata = {
    namespace: service.metadata.namespace!,
    generateName: `${service.metadata.name}-`,
    labels: labelsOf(service),
    ownerReferences: [controllerRef(service, serviceKind)],
  };
  return fitSlices({ metadata, trigger }, [...groups, ...placeholders(service, groups)], existing, max);
}

/**
 * Fits `groups` into the existing slices of an owner with few writes: endpoints stay where they are; new ones fill slices
 * that are written anyway, then one slice with enough room, then new slices. A group without endpoints
 * keeps one empty slice.
 */
export function fitSlices(
  owner: SliceOwner,
  groups: readonly EndpointGroup[],
  existing: readonly EndpointSlice[],
  max: number,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const unclaimed = new Set(existing);
  const claimed = groups.map((group) => {
    const slices = existing.filter((slice) => unclaimed.has(slice) && belongs(slice, group));
    for (const slice of slices) unclaimed.delete(slice);
    return { group, slices };
  });
  for (const { group, slices } of claimed) {
    // A placeholder may take over any slice that is left, rather than delete one and make another.
    if (slices.length === 0 && group.endpoints.length === 0) slices.push(...takeOver(unclaimed, group));
    planGroup(owner, group, slices, max, plan);
  }
  plan.remove.push(...unclaimed);
  return recycled(plan);
}

/** Slices that would go become those that would be made: one write instead of two, and no moment without either. */
function recycled({ create, update, remove }: SlicePlan): SlicePlan {
  const plan: SlicePlan = { create: [], update: [...update], remove: [...remove] };
  for (const slice of create) {
    const index = plan.remove.findIndex((old) => old.addressType === slice.addressType);
    if (index < 0) plan.create.push(slice);
    else plan.update.push(turnedInto(plan.remove.splice(index, 1)[0]!, slice));
  }
  return plan;
}

function turnedInto(slice: EndpointSlice, next: New<EndpointSlice>): EndpointSlice {
  const { annotations: _, ...old } = slice.metadata;
  const { labels, ownerReferences, annotations } = next.metadata;
  const metadata = {
    ...old,
    ...(labels && { labels }),
    ...(ownerReferences && { ownerReferences }),
    ...(annotations && { annotations }),
  };
  return { ...slice, metadata, endpoints: next.endpoints, ports: next.ports! };
}

function placeholders(service: Service, groups: readonly EndpointGroup[]): EndpointGroup[] {
  const missing = addressTypesOf(service).filter((type) => !groups.some((group) => group.addressType === type));
  return missing.map((addressType) => ({ addressType, ports: [], endpoints: [] }));
}

function belongs(slice: EndpointSlice, group: EndpointGroup): boolean {
  return slice.addressType === group.addressType && portsKey(slice.ports ?? []) === portsKey(group.ports);
}

function takeOver(unclaimed: Set<EndpointSlice>, group: EndpointGroup): EndpointSlice[] {
  for (const slice of unclaimed) {
    if (slice.addressType !== group.addressType) continue;
    unclaimed.delete(slice);
    return [slice];
  }
  return [];
}

/** A slice and the endpoints that it will have. */
interface Draft {
  readonly slice: EndpointSlice | undefined;
  readonly endpoints: Endpoint[];
  changed: boolean;
}

function planGroup(
  owner: SliceOwner,
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  max: number,
  plan: SlicePlan,
): void {
  const { drafts, missing } = keepInPlace(group, slices, max);
  place(missing, drafts, max);
  const empty = drafts.filter((draft) => draft.endpoints.length === 0);
  if (group.endpoints.length === 0) {
    const kept = empty.shift();
    if (kept) write(owner, group, kept, plan);
    else plan.create.push(newSlice(owner, group, []));
  }
  for (const draft of empty) if (draft.slice) plan.remove.push(draft.slice);
  for (const draft of drafts) if (draft.endpoints.length > 0) write(owner, group, draft, plan);
}

/** What the slices keep of what they have, brought up to date; and the endpoints that stand in none. */
function keepInPlace(
  group: EndpointGroup,
  slices: readonly EndpointSlice[],
  max: number,
): { drafts: Draft[]; missing: Endpoint[] } {
  const missing = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]));
  const drafts = slices.map((slice): Draft => {
    const endpoints: Endpoint[] = [];
    for (const old of slice.endpoints ?? []) {
      const endpoint = missing.get(identity(old));
      if (!endpoint || endpoints.length >= max) continue;
      missing.delete(identity(old));
      endpoints.push(endpoint);
    }
    return { slice, endpoints, changed: !semanticEqual(endpoints, slice.endpoints) };
  });
  return { drafts, missing: [...missing.values()] };
}

function identity(endpoint: Endpoint): string {
  return `${endpoint.targetRef?.uid ?? ''}/${endpoint.addresses.join()}`;
}

function place(missing: Endpoint[], drafts: Draft[], max: number): void {
  for (const draft of drafts) if (draft.changed) fill(draft, missing, max);
  if (missing.length === 0) return;
  const roomy = drafts
    .filter((draft) => !draft.changed && draft.endpoints.length + (missing.length % max || max) <= max)
    .sort((a, b) => b.endpoints.length - a.endpoints.length)[0];
  while (missing.length >= max) drafts.push({ slice: undefined, endpoints: missing.splice(0, max), changed: true });
  if (missing.length === 0) return;
  if (roomy) fill(roomy, missing, max);
  else drafts.push({ slice: undefined, endpoints: missing.splice(0), changed: true });
}

function fill(draft: Draft, missing: Endpoint[], max: number): void {
  draft.endpoints.push(...missing.splice(0, Math.max(0, max - draft.endpoints.length)));
  draft.changed = true;
}

function write(owner: SliceOwner, group: EndpointGroup, { slice, endpoints }: Draft, plan: SlicePlan): void {
  const wanted = newSlice(owner, group, endpoints);
  if (!slice) return void plan.create.push(wanted);
  const { labels, ownerReferences, annotations: own } = owner.metadata;
  const { [triggerTime]: shown, ...others } = slice.metadata.annotations ?? {};
  const annotations = own ?? others;
  const annotated = (trigger: string | undefined): EndpointSlice => {
    const { annotations: _, ...metadata } = slice.metadata;
    const all = { ...annotations, ...triggered(trigger) };
    return {
      ...slice,
      metadata: {
        ...metadata,
        ...(labels && { labels }),
        ...(ownerReferences && { ownerReferences }),
        ...(Object.keys(all).length > 0 && { annotations: all }),
      },
      endpoints,
      ports: wanted.ports!,
    };
  };
  if (!semanticEqual(annotated(shown), slice)) plan.update.push(annotated(owner.trigger));
}

function triggered(time: string | undefined): Record<string, string> {
  return time === undefined ? {} : { [triggerTime]: time };
}

function newSlice({ metadata, trigger }: SliceOwner, group: EndpointGroup, endpoints: Endpoint[]): New<EndpointSlice> {
  const annotations = { ...metadata.annotations, ...triggered(trigger) };
  return {
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
    addressType: group.addressType,
    endpoints,
    ports: group.ports.map((port) => ({ ...port })),
  };
}

function labelsOf(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  return {
    ...labels,
    ...(isHeadless(service) && { [headlessLabel]: '' }),
    [serviceNameLabel]: service.metadata.name,
    [managedByLabel]: managedBy,
  };
}
