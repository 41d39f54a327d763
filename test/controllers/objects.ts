import type { Deployment } from '../../src/api/apps-v1/deployment.ts';
import type { ReplicaSet } from '../../src/api/apps-v1/replica-set.ts';
import type { Node } from '../../src/api/core-v1/node.ts';
import type { Pod } from '../../src/api/core-v1/pod.ts';
import type { Service } from '../../src/api/core-v1/service.ts';
import { formatTime } from '../../src/apimachinery/time.ts';

/** The time of the tests: nothing in them depends on when they run. */
export const now = Date.UTC(2026, 0, 1, 12);

let count = 0;

export function metadata(name: string, rest: object = {}) {
  const uid = `uid-${++count}`;
  return {
    name,
    namespace: 'default',
    uid,
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: formatTime(now),
    ...rest,
  };
}

export interface PodOptions {
  name?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  node?: string;
  phase?: string;
  /** Seconds since it became ready; absent: it is not. */
  ready?: number | undefined;
  /** Seconds since it was created. */
  age?: number;
  deleting?: boolean;
  ip?: string;
  spec?: object;
  meta?: object;
}

export function aPod(options: PodOptions = {}): Pod {
  const {
    name = `pod-${count + 1}`,
    labels = { app: 'web' },
    annotations,
    node,
    phase = 'Running',
    ready,
    age = 60,
    ip,
  } = options;
  const since = ready === undefined ? now : now - ready * 1000;
  const status = ready === undefined ? 'False' : 'True';
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: metadata(name, {
      labels,
      annotations,
      creationTimestamp: formatTime(now - age * 1000),
      ...(options.deleting && { deletionTimestamp: formatTime(now) }),
      ...options.meta,
    }),
    spec: { containers: [{ name: 'c', image: 'i' }], nodeName: node, ...options.spec },
    status: {
      phase,
      conditions: [{ type: 'Ready', status, lastTransitionTime: formatTime(since) }],
      ...(ip && { podIP: ip, podIPs: [{ ip }] }),
    },
  };
}

export const template = (image = 'nginx:1') => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'c', image }] },
});

export function aDeployment(spec: object = {}, rest: { meta?: object; status?: object } = {}): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata('web', rest.meta),
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: template(),
      progressDeadlineSeconds: 600,
      ...spec,
    },
    status: rest.status ?? {},
  };
}

export interface SetOptions {
  name?: string;
  image?: string;
  replicas?: number;
  available?: number;
  /** What `status.replicas` shows; default: `replicas`. */
  observed?: number;
  annotations?: Record<string, string>;
  /** Seconds since it was created. */
  age?: number;
  meta?: object;
  spec?: object;
  status?: object;
}

export function aSet(options: SetOptions = {}): ReplicaSet {
  const {
    name = `web-${count + 1}`,
    image = 'nginx:1',
    replicas = 3,
    available = replicas,
    age = 0,
    annotations,
  } = options;
  const creationTimestamp = formatTime(now - age * 1000);
  const { observed = replicas } = options;
  const { metadata: meta, spec } = template(image);
  const labels = { ...meta.labels, 'pod-template-hash': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: metadata(name, { annotations, creationTimestamp, labels, ...options.meta }),
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec }, ...options.spec },
    status: {
      replicas: observed,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
      ...options.status,
    },
  };
}

export function aService(spec: object = {}, meta: object = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('web', meta),
    spec: {
      selector: { app: 'web' },
      clusterIP: '10.0.0.1',
      ipFamilies: ['IPv4'],
      ports: [{ port: 80, targetPort: 8080 }],
      ...spec,
    },
  };
}

export function aNode(name = 'n1', conditions: Record<string, string> = { Ready: 'True' }, spec: object = {}): Node {
  const time = formatTime(now);
  const list = Object.entries(conditions).map(([type, status]) => ({
    type,
    status,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  }));
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: metadata(name, { namespace: undefined }),
    spec,
    status: { conditions: list },
  };
}
