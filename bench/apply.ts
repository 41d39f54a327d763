/**
 * What keeping account of field managers costs, without a server: `node bench/apply.ts`. It prints the time per call of the
 * steps that every write takes besides the rest of its work, and of an apply.
 */
import { applyFacts } from '../src/api/apply-facts.ts';
import { definitions } from '../src/api/definitions.ts';
import { kinds } from '../src/api/index.ts';
import { apply } from '../src/apimachinery/apply/apply.ts';
import { TypeCompiler } from '../src/apimachinery/apply/type-compiler.ts';
import { copyJson } from '../src/apimachinery/json-value.ts';
import type { AnyObject } from '../src/apimachinery/object.ts';
import { KindRegistry } from '../src/apimachinery/registry.ts';
import { FieldManagers, isSameButForTimes, managersOf } from '../src/apiserver/registry/field-managers.ts';
import { realClock } from '../src/base/clock.ts';

const registry = new KindRegistry(kinds);
const managers = new FieldManagers(new TypeCompiler(definitions(), applyFacts), registry, realClock);
const kindOf = (group: string, version: string, kind: string) => registry.byKind(group, version, kind)!;
const [configMap, pod, lease] = [
  kindOf('', 'v1', 'ConfigMap'),
  kindOf('', 'v1', 'Pod'),
  kindOf('coordination.k8s.io', 'v1', 'Lease'),
];

function measure(what: string, call: () => unknown): void {
  const rounds = 20_000;
  for (let i = 0; i < rounds / 4; i++) call();
  const started = realClock.monotonic();
  for (let i = 0; i < rounds; i++) call();
  const each = ((realClock.monotonic() - started) * 1000) / rounds;
  console.log(`${what.padEnd(44)} ${each.toFixed(2).padStart(8)} us`);
}

const metadata = { name: 'a', namespace: 'default', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };
const newConfigMap = (): AnyObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, labels: { app: 'bench' } },
    data: Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`key-${i}`, 'x'.repeat(100)])),
  }) as unknown as AnyObject;

const env = Array.from({ length: 10 }, (_, i) => ({ name: `E${i}`, value: '1' }));
const container = (name: string) => ({
  name,
  image: 'nginx',
  env,
  ports: [{ containerPort: 80, protocol: 'TCP' }],
  resources: {},
  volumeMounts: [{ name: 'v', mountPath: '/v' }],
});
const newPod = (): AnyObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { app: 'bench' } },
    spec: { containers: [container('a'), container('b')], volumes: [{ name: 'v', emptyDir: {} }] },
    status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False' }] },
  }) as unknown as AnyObject;
const newLease = (): AnyObject =>
  ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata,
    spec: { holderIdentity: 'a', leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.000000Z' },
  }) as unknown as AnyObject;

/** A stored object: created by one manager. */
function stored(kind: typeof pod, object: AnyObject): AnyObject {
  managers.created(kind, object, 'creator');
  return object;
}

const fresh = newConfigMap();
measure('create of a ConfigMap of 0.9 KB', () => {
  delete fresh.metadata.managedFields;
  managers.created(configMap, fresh, 'bench');
});
measure('encode it (for scale): before', () => {
  delete fresh.metadata.managedFields;
  JSON.stringify(fresh);
});
managers.created(configMap, fresh, 'bench');
measure('encode it (for scale): with managers', () => JSON.stringify(fresh));
const freshPod = newPod();
measure('create of a Pod of two containers', () => {
  delete freshPod.metadata.managedFields;
  managers.created(pod, freshPod, 'bench');
});

function measureUpdate(what: string, kind: typeof pod, object: AnyObject, change: (copy: AnyObject) => void): void {
  const old = stored(kind, object);
  const status = kind.subresources.find((s) => s.name === 'status');
  let updated = copyJson(old);
  change(updated);
  managers.updated(kind, status, { old, updated, sent: undefined }, 'writer');
  const second = copyJson(updated);
  change(second);
  measure(`${what}, first of its manager`, () => {
    managers.updated(kind, status, { old, updated, sent: undefined }, 'writer');
  });
  const before = updated;
  updated = second;
  measure(`${what}, once more`, () => {
    managers.updated(kind, status, { old: before, updated, sent: undefined }, 'writer');
    isSameButForTimes(updated, before);
  });
}

let turn = 0;
measureUpdate('status of a Pod', pod, newPod(), (copy) => {
  copy['status'].conditions[0].status = turn++ % 2 ? 'True' : 'False';
  copy['status'].phase = `phase-${turn}`;
});
measureUpdate('renewal of a Lease', lease, newLease(), (copy) => {
  copy['spec'].renewTime = `2026-01-01T00:00:${10 + (turn++ % 40)}.000000Z`;
});

const live = stored(pod, newPod());
const scope = managers.scope(pod, undefined);
const config = newPod();
delete (config as Partial<AnyObject>)['status'];
measure('apply of the same Pod', () =>
  apply(scope, { live, managers: managersOf(live), config, force: true }, managers.writer('applier')),
);
