import { canonicalize, canonicalizeField } from '../meta-v1/quantities.ts';
import { defaultClaimSpec } from './claim-defaults.ts';
import { defaultPullPolicy } from './image-name.ts';
import { podTotals } from './pod-resources.ts';
import type { Container, EnvVar, EphemeralContainer, LifecycleHandler, PodSpec, Probe, Volume } from './pod-spec.ts';
import { defaultSource } from './volume-source-defaults.ts';

type HttpGet = NonNullable<LifecycleHandler['httpGet']>;

/** Where a container's last words are read from. */
const TERMINATION_LOG = '/dev/termination-log';
/** The mode 0644 of files in volumes. */
const FILE_MODE = 0o644;
/** How long projected tokens and certificates last, unless said otherwise. */
const TOKEN_SECONDS = 3600;
const CERTIFICATE_SECONDS = 86_400;

/** What a pod's spec gets wherever it stands: in a pod or in a template. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ||= 'Always';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.securityContext ??= {};
  spec.schedulerName ||= 'default-scheduler';
  mirrorServiceAccount(spec);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  canonicalize(spec.overhead);
  canonicalize(spec.resources?.limits);
  canonicalize(spec.resources?.requests);
}

/** The account's name stands under two names, of which one is old; both say the same. */
export function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

/** What only a pod itself gets, not a template. */
export function defaultPod(spec: PodSpec): void {
  spec.enableServiceLinks ??= true;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    requestWhatIsLimited(container);
    if (spec.hostNetwork) for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
  if (spec.resources?.limits) requestForPod(spec);
}

/** A pod that is limited as a whole asks for what its containers ask for, else for its limit. */
function requestForPod(spec: PodSpec): void {
  const { limits = {}, requests } = spec.resources!;
  const ofContainers = podTotals({ ...spec, resources: {} }, 'requests');
  const asked = { ...requests };
  for (const [name, limit] of Object.entries(limits)) {
    if (!Object.hasOwn(asked, name)) asked[name] = ofContainers.get(name)?.toString() ?? limit;
  }
  if (Object.keys(asked).length > 0) spec.resources!.requests = asked;
}

/** A resource with a limit but no request asks for its limit. */
function requestWhatIsLimited(container: Container): void {
  const limits = container.resources?.limits;
  if (!limits) return;
  for (const [name, limit] of Object.entries(limits)) {
    const requests = (container.resources!.requests ??= {});
    if (!Object.hasOwn(requests, name)) requests[name] = limit;
  }
}

function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ||= defaultPullPolicy(container.image);
  container.terminationMessagePath ||= TERMINATION_LOG;
  container.terminationMessagePolicy ||= 'File';
  container.resources ??= {};
  canonicalize(container.resources.limits);
  canonicalize(container.resources.requests);
  for (const port of container.ports ?? []) port.protocol ||= 'TCP';
  for (const variable of container.env ?? []) defaultEnv(variable);
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

function defaultEnv(variable: EnvVar): void {
  if (variable.valueFrom) defaultRefs(variable.valueFrom);
}

/** References to fields name the version of the pod, those to resources the unit. */
function defaultRefs(from: NonNullable<EnvVar['valueFrom']>): void {
  if (from.fieldRef) from.fieldRef.apiVersion ||= 'v1';
  if (!from.resourceFieldRef) return;
  from.resourceFieldRef.divisor ??= '0';
  canonicalizeField(from.resourceFieldRef, 'divisor');
}

function defaultProbe(probe: Probe | undefined): void {
  if (!probe) return;
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.grpc) probe.grpc.service ??= '';
  defaultHttpGet(probe.httpGet);
}

function defaultHandler(handler: LifecycleHandler | undefined): void {
  defaultHttpGet(handler?.httpGet);
}

function defaultHttpGet(get: HttpGet | undefined): void {
  if (!get) return;
  get.path ||= '/';
  get.scheme ||= 'HTTP';
}

/** A volume without a source is an empty directory; files get the mode 0644. */
function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  defaultSource(volume);
  if (volume.secret) volume.secret.defaultMode ??= FILE_MODE;
  if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= FILE_MODE;
    for (const item of volume.downwardAPI.items ?? []) defaultRefs(item);
  }
  if (volume.projected) defaultProjected(volume.projected);
  if (volume.image) volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference);
  if (volume.emptyDir?.sizeLimit) canonicalizeField(volume.emptyDir, 'sizeLimit');
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) defaultClaimSpec(claim);
}

function defaultProjected(projected: NonNullable<Volume['projected']>): void {
  projected.defaultMode ??= FILE_MODE;
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_SECONDS;
    if (source.podCertificate) source.podCertificate.maxExpirationSeconds ??= CERTIFICATE_SECONDS;
    for (const item of source.downwardAPI?.items ?? []) defaultRefs(item);
  }
}
