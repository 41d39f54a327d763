import {
  duplicate,
  forbidden,
  invalid,
  keyPath,
  notSupported,
  path,
  required,
  type FieldError,
} from '../../apimachinery/field-error.ts';
import { dns1123Label, dns1123Subdomain } from '../../apimachinery/names.ts';
import { compareQuantities, isQuantity } from '../../apimachinery/quantity.ts';
import { checked, requiredText } from '../meta-v1/checks.ts';
import { podTotals } from './pod-resources.ts';
import type { Container, PodSpec } from './pod-spec.ts';
import { isHugePages } from './resource-names.ts';
import { validateResources } from './resources-validation.ts';

type ResizePolicy = NonNullable<Container['resizePolicy']>[number];

/** The rules of the resources that a pod has as a whole: no less than its containers ask for, no less than any may use. */
export function validatePodResources(spec: PodSpec, field: string): FieldError[] {
  const { resources } = spec;
  if (!resources) return [];
  const errors: FieldError[] = [];
  if (resources.claims?.length)
    errors.push(forbidden(path(field, 'claims'), 'claims cannot be set for Resources at pod-level'));
  const wrong = (['limits', 'requests'] as const).flatMap((list) =>
    Object.keys(resources[list] ?? {})
      .filter((name) => name !== 'cpu' && name !== 'memory' && !isHugePages(name))
      .map((name) => notSupported(keyPath(path(field, list), name), name, ['cpu', 'hugepages-', 'memory'])),
  );
  const { claims: _, ...rest } = resources;
  if (wrong.length === 0) errors.push(...validateResources(rest, field));
  return [...errors, ...wrong, ...validateAggregate(spec, field), ...validateContainerLimits(spec, field)];
}

function validateAggregate(spec: PodSpec, field: string): FieldError[] {
  const sum = podTotals({ ...spec, resources: {} }, 'requests');
  return Object.entries(spec.resources?.requests ?? {}).flatMap(([name, request]) => {
    const all = sum.get(name)?.toString();
    if (!isQuantity(request) || all === undefined || compareQuantities(request, all) >= 0) return [];
    const detail = `must be greater than or equal to aggregate container requests of ${all}`;
    return [invalid(keyPath(path(field, 'requests'), name), request, detail)];
  });
}

function validateContainerLimits(spec: PodSpec, field: string): FieldError[] {
  const ofPod = spec.resources?.limits ?? {};
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container, i) =>
      Object.entries(container.resources?.limits ?? {}).flatMap(([name, limit]) => {
        const most = ofPod[name];
        if (!isQuantity(limit) || !isQuantity(most) || compareQuantities(limit, most!) <= 0) return [];
        // Upstream names the container below the pod's resources, and its resource before the list.
        const at = `${field}.${list}[${i}][${name}].limits`;
        return [invalid(at, limit, `must be less than or equal to pod limits of ${most}`)];
      }),
    ),
  );
}

/** The rules of `resizePolicy`: what becomes of a container when its resources change. */
export function validateResizePolicy(
  policies: readonly ResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  field: string,
): FieldError[] {
  const seen = new Set<string>();
  return (policies ?? []).flatMap(({ resourceName, restartPolicy }, i) => {
    const errors: FieldError[] = [];
    if (resourceName !== 'cpu' && resourceName !== 'memory') {
      errors.push(notSupported(field, resourceName ?? '', ['cpu', 'memory']));
    }
    if (seen.has(resourceName)) errors.push(duplicate(path(field, i), resourceName));
    seen.add(resourceName);
    if (!restartPolicy) errors.push(required(field));
    else if (restartPolicy !== 'NotRequired' && restartPolicy !== 'RestartContainer') {
      errors.push(notSupported(field, restartPolicy, ['NotRequired', 'RestartContainer']));
    }
    if (podRestartPolicy === 'Never' && restartPolicy === 'RestartContainer') {
      errors.push(invalid(field, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"));
    }
    return errors;
  });
}

/** The rules of a pod's `resourceClaims`: distinct names, each of one claim or one template. */
export function validateResourceClaims(spec: PodSpec, field: string): FieldError[] {
  const names = new Set<string>();
  return (spec.resourceClaims ?? []).flatMap((claim, i) => {
    const at = path(field, i);
    const errors = requiredText(path(at, 'name'), claim.name, dns1123Label);
    if (names.has(claim.name)) errors.push(duplicate(path(at, 'name'), claim.name));
    names.add(claim.name);
    const { resourceClaimName: own, resourceClaimTemplateName: template } = claim;
    const both = '`resourceClaimName`, `resourceClaimTemplateName`';
    if (own !== undefined && template !== undefined) {
      errors.push(invalid(at, claim, `at most one of ${both} may be specified`));
    } else if (own === undefined && template === undefined) {
      errors.push(invalid(at, claim, `must specify one of: ${both}`));
    }
    if (own !== undefined) errors.push(...checked(path(at, 'resourceClaimName'), own, dns1123Subdomain));
    if (template !== undefined)
      errors.push(...checked(path(at, 'resourceClaimTemplateName'), template, dns1123Subdomain));
    return errors;
  });
}
