import { pod as podKind, type Pod } from '../../api/core-v1/pod.ts';
import { resourceClaim, type ResourceClaim } from '../../api/resource-v1/resource-claim.ts';
import { resourceClaimTemplate, type ResourceClaimTemplate } from '../../api/resource-v1/resource-claim-template.ts';
import { controllerRef, type New } from '../../apimachinery/object.ts';
import { errorMessage } from '../../base/log.ts';
import { controller, type Controller, type ReconcileContext } from '../../client/controller.ts';
import { isNamespaceEnding } from '../../client/namespace-ending.ts';
import { isDone } from './consumers.ts';

/** On a claim that was made from a template: for which of the pod's claims. */
const ANNOTATION = 'resource.kubernetes.io/pod-claim-name';
/** So much of the names of pod and claim is kept, so that the server's random letters fit behind them. */
const LONGEST_BASE = 57;
const byTemplate = 'pods-by-claim-template';

type Written = NonNullable<NonNullable<Pod['spec']>['resourceClaims']>[number];
type Told = NonNullable<NonNullable<Pod['status']>['resourceClaimStatuses']>[number];

/** Claims that were made and may not show in the local copies yet, by the pod's key. */
type Made = Map<string, { readonly pod: string; readonly names: Map<string, string> }>;

/** Makes the claims that pods describe by templates, and tells the pods their names. */
export const podClaimsController: Controller = {
  name: 'resourceclaim-controller',
  start(dependencies) {
    const made: Made = new Map();
    return controller<Pod>({
      name: 'resourceclaim-controller',
      for: podKind,
      owns: [resourceClaim],
      watches: [
        {
          kind: resourceClaimTemplate,
          keys: (template, reader) =>
            reader.byIndex(podKind, byTemplate, keyIn(template.metadata.namespace, template.metadata.name)).map(podKey),
        },
        { kind: podKind, indexes: { [byTemplate]: templatesOf }, keys: () => [] },
      ],
      workers: 5,
      reconcile: (key, context) => reconcile(key, context, made),
    }).start(dependencies);
  },
};

function podKey({ metadata }: Pod): string {
  return keyIn(metadata.namespace, metadata.name);
}

function keyIn(namespace: string | undefined, name: string): string {
  return `${namespace}/${name}`;
}

function templatesOf({ metadata, spec }: Pod): string[] {
  const names = (spec?.resourceClaims ?? []).flatMap((claim) => claim.resourceClaimTemplateName ?? []);
  return names.map((name) => keyIn(metadata.namespace, name));
}

async function reconcile(key: string, context: ReconcileContext, made: Made): Promise<void> {
  const pod = context.reader.get(podKind, key);
  if (!pod || pod.metadata.deletionTimestamp || isDone(pod)) return void made.delete(key);
  const told = new Map((pod.status?.resourceClaimStatuses ?? []).map((one) => [one.name, one]));
  const news: Told[] = [];
  for (const written of pod.spec?.resourceClaims ?? []) {
    if (!written.resourceClaimTemplateName || told.get(written.name)) continue;
    const resourceClaimName = await nameOfClaim(pod, written, context, made);
    if (resourceClaimName === undefined) return;
    news.push({ name: written.name, resourceClaimName });
  }
  // Only when the pod itself shows their names does nobody need to remember them.
  if (news.length === 0) return void made.delete(key);
  const patch = { metadata: { uid: pod.metadata.uid }, status: { resourceClaimStatuses: news } };
  await context.client.patch(podKind, pod.metadata, 'strategic', patch, { subresource: 'status' });
}

function madeFor(pod: Pod, made: Made): Map<string, string> {
  const { uid } = pod.metadata;
  const known = made.get(podKey(pod));
  if (known?.pod === uid) return known.names;
  const names = new Map<string, string>();
  made.set(podKey(pod), { pod: uid, names });
  return names;
}

/** The name of the claim that stands for one of the pod's, made if it is not there; undefined when it cannot be now. */
async function nameOfClaim(
  pod: Pod,
  written: Written,
  context: ReconcileContext,
  made: Made,
): Promise<string | undefined> {
  const own = context.reader.ownedBy(resourceClaim, pod.metadata.uid);
  const found = own.find(({ metadata }) => metadata.annotations?.[ANNOTATION] === written.name);
  const names = madeFor(pod, made);
  const known = found?.metadata.name ?? names.get(written.name);
  if (known) return known;
  try {
    const claim = await context.client.create(resourceClaim, claimOf(pod, written, templateOf(pod, written, context)));
    names.set(written.name, claim.metadata.name);
    return claim.metadata.name;
  } catch (error) {
    if (isNamespaceEnding(error)) return undefined;
    const message = `PodResourceClaim ${written.name}: ${errorMessage(error)}`;
    context.events.event(pod, 'Warning', 'FailedResourceClaimCreation', message);
    throw error;
  }
}

function templateOf({ metadata }: Pod, written: Written, { reader }: ReconcileContext): ResourceClaimTemplate {
  const name = written.resourceClaimTemplateName!;
  const template = reader.get(resourceClaimTemplate, keyIn(metadata.namespace, name));
  if (template) return template;
  throw new Error(`resource claim template "${name}": resourceclaimtemplate.resource.k8s.io "${name}" not found`);
}

/** The claim that a template describes, for one of the pod's. */
function claimOf(pod: Pod, { name }: Written, { spec: template }: ResourceClaimTemplate): New<ResourceClaim> {
  const { labels, annotations } = template.metadata ?? {};
  return {
    metadata: {
      namespace: pod.metadata.namespace!,
      generateName: `${`${pod.metadata.name}-${name}`.slice(0, LONGEST_BASE)}-`,
      annotations: { ...annotations, [ANNOTATION]: name },
      ...(labels && { labels: { ...labels } }),
      ownerReferences: [controllerRef(pod, podKind)],
    },
    spec: structuredClone(template.spec),
  };
}
