import type { Ingress } from '../api/networking-v1/ingress.ts';
import type { IngressClass } from '../api/networking-v1/ingress-class.ts';

/** What `spec.controller` of an IngressClass of ours says. */
export const CONTROLLER = 'coxswain.io/ingress-controller';

/** The name of the class that a cluster gets by itself. */
export const CLASS_NAME = 'coxswain';

const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';
const OLD_ANNOTATION = 'kubernetes.io/ingress.class';

/** The class that a new cluster gets; it is the default, so that an Ingress works without naming one. */
export const ownClass = {
  metadata: { name: CLASS_NAME, annotations: { [DEFAULT_ANNOTATION]: 'true' } },
  spec: { controller: CONTROLLER },
};

/**
 * Whether an Ingress is ours to serve: by its class, by the annotation that there was before classes, or because it
 * names none and the default class is ours. One that is being deleted is nobody's.
 */
export function isOurs({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean {
  if (metadata.deletionTimestamp) return false;
  const ours = classes.filter((one) => one.spec?.controller === CONTROLLER);
  const named = spec?.ingressClassName ?? metadata.annotations?.[OLD_ANNOTATION];
  if (named !== undefined) return ours.some((one) => one.metadata.name === named);
  return ours.some((one) => one.metadata.annotations?.[DEFAULT_ANNOTATION] === 'true');
}
