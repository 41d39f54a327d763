import { job as jobKind, type Job } from '../../api/batch-v1/job.ts';
import type { Pod } from '../../api/core-v1/pod.ts';
import { dns1123Subdomain } from '../../apimachinery/names.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { countsPerIndex } from './job-state.ts';
import { indexName, indexVariable, trackingFinalizer } from './names.ts';
import { failureAnnotations } from './per-index.ts';
import type { NewPod } from './plan-pods.ts';

/** Characters of a name's prefix that the server keeps when it makes the name. */
const LONGEST_PREFIX = 58;

type Containers = NonNullable<Pod['spec']>['containers'];

/** A new pod of the job as its template describes it, with what its index adds. */
export function podOf(job: Job, { index, replaces }: NewPod): New<Pod> {
  const { metadata = {}, spec } = job.spec!.template;
  const finalizers = new Set([...(metadata.finalizers ?? []), trackingFinalizer]);
  const indexed = index === undefined ? undefined : { [indexName]: String(index) };
  const failures = indexed && countsPerIndex(job) ? failureAnnotations(job, replaces) : undefined;
  const annotations = { ...metadata.annotations, ...indexed, ...failures };
  return {
    metadata: {
      namespace: job.metadata.namespace!,
      generateName: prefixOf(job.metadata.name, index),
      labels: { ...metadata.labels, ...indexed },
      ...(Object.keys(annotations).length > 0 && { annotations }),
      finalizers: [...finalizers],
      ownerReferences: [controllerRef(job, jobKind)],
    },
    spec: index === undefined ? structuredClone(spec!) : indexedSpec(job, structuredClone(spec!), index),
  };
}

function prefixOf(name: string, index: number | undefined): string {
  if (index !== undefined) return `${name.slice(0, LONGEST_PREFIX - `-${index}-`.length)}-${index}-`;
  const prefix = `${name}-`;
  return dns1123Subdomain(`${prefix}x`).length === 0 ? prefix : name;
}

/** Pods of an index have a stable host name, and tell their containers which index it is. */
function indexedSpec(job: Job, spec: NonNullable<Pod['spec']>, index: number): NonNullable<Pod['spec']> {
  spec.hostname = `${job.metadata.name}-${index}`;
  addVariable(spec.containers);
  addVariable(spec.initContainers ?? []);
  return spec;
}

function addVariable(containers: Containers): void {
  const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${indexName}']` } };
  for (const container of containers) {
    if (container.env?.some(({ name }) => name === indexVariable)) continue;
    container.env = [...(container.env ?? []), { name: indexVariable, valueFrom }];
  }
}
