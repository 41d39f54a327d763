import type { ControllerRevision } from '../../api/apps-v1/controller-revision.ts';
import type { PodTemplateSpec } from '../../api/core-v1/pod-template-spec.ts';
import type { Json, KubeObject } from '../../apimachinery/object.ts';
import { semanticEqual } from '../semantic-equal.ts';

/** A kind of object that makes pods of a template and keeps the templates it had as controller revisions. */
export type Workload = KubeObject & { spec?: { template?: PodTemplateSpec } };

/**
 * What a revision keeps of a workload: the strategic merge patch that gives it back the template it has now. `kubectl
 * rollout undo` sends it as it is. Fields come in the order of the alphabet, since some programs compare revisions byte by byte.
 */
export function templatePatch(workload: Workload): { [field: string]: Json } {
  const template = (workload.spec?.template ?? {}) as { [field: string]: Json };
  return { spec: { template: sorted({ $patch: 'replace', ...template }) } };
}

/** A deep copy whose fields stand in the order of their names. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.keys(value).sort();
  return Object.fromEntries(fields.map((field) => [field, sorted(value[field]!)]));
}

/** The template that a revision keeps; undefined when its data, which anyone may have written, have none. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec | undefined {
  const data = revision.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined;
  const template = data?.spec?.template;
  if (typeof template !== 'object' || template === null) return undefined;
  const { $patch: _, ...rest } = template;
  return rest;
}

/** Whether the revision keeps the template that the workload has now. */
export function keepsTemplate(revision: ControllerRevision, workload: Workload): boolean {
  return semanticEqual(revision.data, templatePatch(workload));
}
