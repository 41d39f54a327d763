import type { Pod } from '../api/core-v1/pod.ts';
import { isSidecar, type Container, type PodSpec } from '../api/core-v1/pod-spec.ts';
import { parseQuantity } from '../apimachinery/quantity.ts';

/** An amount per resource: `cpu` in thousandths, memory and storage in bytes, everything else in whole units. */
export interface Resources {
  cpu: number;
  memory: number;
  ephemeralStorage: number;
  /** Everything else by name: huge pages and extended resources such as `example.com/gpu`. */
  readonly other: Map<string, number>;
}

type Quantities = Readonly<Record<string, string>> | undefined;

/** What a container that asks for nothing counts as when nodes are compared (upstream's figures): 100m and 200 MB. */
const UNSTATED_CPU = 100;
const UNSTATED_MEMORY = 200 * 1024 * 1024;

/** Nothing of anything, to add to. */
export function noResources(): Resources {
  return { cpu: 0, memory: 0, ephemeralStorage: 0, other: new Map() };
}

/** Parses a map of quantities, as `status.allocatable` or `requests`. The resource `pods` is not one of these. */
export function resourcesOf(quantities: Quantities): Resources {
  const out = noResources();
  if (!quantities) return out;
  for (const name of Object.keys(quantities)) setAmount(out, name, amountOf(name, quantities[name]!));
  return out;
}

/** Adds `sign` (1 or -1) times `amount` to `total`. */
export function addResources(total: Resources, amount: Resources, sign: 1 | -1 = 1): void {
  total.cpu += sign * amount.cpu;
  total.memory += sign * amount.memory;
  total.ephemeralStorage += sign * amount.ephemeralStorage;
  for (const [name, value] of amount.other) total.other.set(name, (total.other.get(name) ?? 0) + sign * value);
}

/** Whether `a` is less than `b` of any resource. */
export function lessIn(a: Resources, b: Resources): boolean {
  if (a.cpu < b.cpu || a.memory < b.memory || a.ephemeralStorage < b.ephemeralStorage) return true;
  for (const [name, value] of b.other) if ((a.other.get(name) ?? 0) < value) return true;
  return false;
}

/**
 * What a pod needs on its node: the sum of its containers and sidecars, or the peak while its init containers run one
 * by one, whichever is more, and its overhead. Requests of the pod as a whole win over the sum.
 * See https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers
 */
export function podRequests(pod: Pod): Resources {
  const running = runningRequests(pod);
  return total(pod.spec, (container) => withRunning(resourcesOf(container.resources?.requests), container, running));
}

/** Like `podRequests`, with a small stand-in for what containers leave open, so that they are spread too. */
export function podScoringRequests(pod: Pod): Resources {
  const running = runningRequests(pod);
  return total(pod.spec, (container) => {
    const stated = container.resources?.requests;
    const requests = resourcesOf(stated);
    if (stated?.['cpu'] === undefined) requests.cpu = UNSTATED_CPU;
    if (stated?.['memory'] === undefined) requests.memory = UNSTATED_MEMORY;
    return withRunning(requests, container, running);
  });
}

/** What the kubelet has given each container by now: more than is asked for while a pod is being made smaller. */
interface Running {
  readonly byName: ReadonlyMap<string, Resources>;
  /** A resize that the node cannot grant: what is asked for does not count. */
  readonly infeasible: boolean;
}

function runningRequests({ status }: Pod): Running | undefined {
  let byName: Map<string, Resources> | undefined;
  for (const { name, allocatedResources, resources } of statusesOf(status)) {
    if (!allocatedResources && !resources?.requests) continue;
    const given = resourcesOf(allocatedResources);
    raise(given, resourcesOf(resources?.requests));
    (byName ??= new Map()).set(name, given);
  }
  if (!byName) return undefined;
  const pending = status?.conditions?.find((c) => c.type === 'PodResizePending' && c.status === 'True');
  return { byName, infeasible: pending?.reason === 'Infeasible' };
}

function statusesOf(status: Pod['status']) {
  const { containerStatuses = [], initContainerStatuses = [] } = status ?? {};
  return initContainerStatuses.length > 0 ? [...initContainerStatuses, ...containerStatuses] : containerStatuses;
}

/** The larger of what a container asks for and what it has. */
function withRunning(asked: Resources, { name }: Container, running: Running | undefined): Resources {
  const has = running?.byName.get(name);
  if (!has) return asked;
  if (running!.infeasible) return has;
  raise(asked, has);
  return asked;
}

/** Whether the kubelet has given the same to the containers of two states of one pod. */
export function sameAllocation(a: Pod, b: Pod): boolean {
  if (a === b || a.status?.containerStatuses === b.status?.containerStatuses) return true;
  return allocationText(a) === allocationText(b);
}

function allocationText({ status }: Pod): string {
  const given = statusesOf(status).map((s) => [s.name, s.allocatedResources, s.resources?.requests]);
  const resize = status?.conditions?.find((c) => c.type === 'PodResizePending');
  return JSON.stringify([given.filter(([, x, y]) => x || y), resize?.reason]);
}

function total(spec: PodSpec | undefined, requestsOf: (container: Container) => Resources): Resources {
  const sum = noResources();
  if (!spec) return sum;
  for (const container of spec.containers ?? []) addResources(sum, requestsOf(container));
  const peak = initPeak(spec.initContainers ?? [], requestsOf, sum);
  raise(sum, peak);
  override(sum, spec.resources?.requests);
  if (spec.overhead) addResources(sum, resourcesOf(spec.overhead));
  return sum;
}

/** The most that is needed while starting; sidecars (`restartPolicy: Always`) stay, so they are added to `sum` as well. */
function initPeak(init: readonly Container[], requestsOf: (c: Container) => Resources, sum: Resources): Resources {
  const sidecars = noResources();
  const peak = noResources();
  for (const container of init) {
    const requests = requestsOf(container);
    if (isSidecar(container)) {
      addResources(sum, requests);
      addResources(sidecars, requests);
      raise(peak, sidecars);
    } else {
      addResources(requests, sidecars);
      raise(peak, requests);
    }
  }
  return peak;
}

/** Makes each amount at least that of `other`. */
function raise(target: Resources, other: Resources): void {
  target.cpu = Math.max(target.cpu, other.cpu);
  target.memory = Math.max(target.memory, other.memory);
  target.ephemeralStorage = Math.max(target.ephemeralStorage, other.ephemeralStorage);
  for (const [name, value] of other.other) target.other.set(name, Math.max(target.other.get(name) ?? 0, value));
}

/** Requests of the pod as a whole are for cpu, memory and huge pages. */
function override(target: Resources, quantities: Quantities): void {
  for (const name of Object.keys(quantities ?? {})) setAmount(target, name, amountOf(name, quantities![name]!));
}

function setAmount(target: Resources, name: string, amount: number): void {
  if (name === 'cpu') target.cpu = amount;
  else if (name === 'memory') target.memory = amount;
  else if (name === 'ephemeral-storage') target.ephemeralStorage = amount;
  else if (name !== 'pods') target.other.set(name, amount);
}

/** Clusters use few different quantities, and exact parsing is not cheap. */
const parsed = new Map<string, number>();
const MOST_PARSED = 10_000;

function amountOf(name: string, text: string): number {
  const key = name === 'cpu' ? `cpu ${text}` : text;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  const amount = name === 'cpu' ? quantity.milliValue() : quantity.value();
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(key, amount);
  return amount;
}
