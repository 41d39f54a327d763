import type { Difference } from './outcome.ts';

/** A way in which we mean to differ from the reference, which is older (1.20 against 1.36), and why. */
export interface Intended {
  /** Matches `<scenario>: <step>: <place>`. */
  readonly where: RegExp;
  readonly why: string;
  /** When given, only differences of which this is true are meant. */
  readonly when?: (difference: Difference) => boolean;
}

type When = (difference: Difference) => boolean;

/** A field that the reference does not have yet, with the default that it has now. */
const added =
  (value: unknown): When =>
  ({ ours, theirs }) =>
    theirs === undefined && JSON.stringify(ours) === JSON.stringify(value);

/** A sentence that was put in other words, or says more now. */
const says =
  (now: RegExp, before: RegExp): When =>
  ({ ours, theirs }) =>
    now.test(String(ours)) && before.test(String(theirs));

/** What the reference calls a fault of its own (500) is known as one of the request (400, 422) now. */
const notOurFault: When = ({ ours, theirs }) =>
  (theirs === 500 && (ours === 400 || ours === 422)) ||
  (theirs === 'Failure' && (ours === 'BadRequest' || ours === 'Invalid'));

export const intended: readonly Intended[] = [
  // Fields and defaults that came later.
  {
    where: /(pods?|jobs?|watch|subresources).*: body(\.items\.\d+)?\.metadata\.generation$/,
    why: 'pods and jobs count their generations',
    when: ({ theirs }) => theirs === undefined,
  },
  { where: /services: .*: body\.spec\.internalTrafficPolicy$/, why: 'since 1.21', when: added('Cluster') },
  { where: /services: .*: body\.spec\.ipFamilyPolicy$/, why: 'dual stack, off in 1.20', when: added('SingleStack') },
  { where: /services: .*: body\.spec\.ipFamilies$/, why: 'dual stack, off in 1.20', when: added(['IPv4']) },
  {
    where: /namespaces: .*: body\.metadata\.labels(\.kubernetes\.io\/metadata\.name)?$/,
    why: 'the label with the name, since 1.21',
  },
  {
    where: /persistent volumes: .*: body\.status\.lastPhaseTransitionTime$/,
    why: 'since 1.28',
    when: ({ ours, theirs }) => theirs === undefined && /^\d{4}-.*Z$/.test(String(ours)),
  },
  {
    where: /odd claims: .*: body\.spec\.dataSourceRef$/,
    why: 'the source has a second name since 1.24',
    when: added({ kind: 'PersistentVolumeClaim', name: 'other' }),
  },
  {
    where: /stateful sets: .*: body\.spec\.persistentVolumeClaimRetentionPolicy$/,
    why: 'since 1.23',
    when: added({ whenDeleted: 'Retain', whenScaled: 'Retain' }),
  },
  { where: /stateful sets: .*: body\.status\.availableReplicas$/, why: 'since 1.22', when: added(0) },
  { where: /daemon sets: .*: body\.spec\.updateStrategy\.rollingUpdate\.maxSurge$/, why: 'since 1.21', when: added(0) },
  { where: /jobs: .*: body\.spec\.completionMode$/, why: 'since 1.21', when: added('NonIndexed') },
  { where: /jobs: .*: body\.spec\.suspend$/, why: 'since 1.21', when: added(false) },
  { where: /jobs: .*: body\.spec\.manualSelector$/, why: 'since 1.27', when: added(false) },
  { where: /jobs: .*: body\.spec\.podReplacementPolicy$/, why: 'since 1.28', when: added('TerminatingOrFailed') },
  {
    where: /jobs: .*: body\..*(labels|matchLabels)\.(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/,
    why: 'labels with a prefix, since 1.27; the selector holds only that of the identity',
  },
  { where: /endpoint slices: .*: body\.apiVersion$/, why: '1.20 serves discovery.k8s.io/v1beta1' },

  // Other words for the same.
  {
    where: /: message$/,
    why: 'newer decoders say in other words why a document does not fit',
    when: says(/cannot be handled as a/, /cannot be handled as a|couldn't get version\/kind/),
  },
  {
    where: /: message$/,
    why: 'our JSON parser quotes no part of the document',
    when: says(/json parse error: unexpected end/, /json parse error: unexpected end/),
  },
  { where: /YAML: message$/, why: 'another YAML parser', when: says(/YAML to JSON|yaml/i, /yaml: line 1/) },
  {
    where: /: causes\.\d+$/,
    why: 'IP addresses and networks are explained in one way everywhere',
    when: says(
      /must be a valid (IP address|CIDR value), \(e\.g\. /,
      /must be (a )?valid (IP address|CIDR)|must be a list of IP ranges/,
    ),
  },
  {
    where: /: causes\.\d+$/,
    why: 'the limit is named',
    when: says(/ limit of /, /must be (less than or )?equal to .* limit$/),
  },
  { where: /environment name: causes\.0$/, why: 'names of variables are relaxed since 1.34' },
  {
    where: /bad owner: causes\.[01]$/,
    why: 'reads without the name of the field now',
    when: says(/must not be empty/, /must not be empty/),
  },
  {
    where: /two controllers: causes\.0$/,
    why: 'the owners are named with their kinds',
    when: says(/for Pod\/a and Pod\/b/, /for a and b/),
  },
  {
    where: /(envFrom without a source|a sub path that climbs|bad host aliases|bidirectional propagation): causes/,
    why: 'the place names the item of the list',
    when: ({ ours, theirs }) => String(ours).replaceAll(/\[\d+\]/g, '') === String(theirs).replaceAll(/\[\d+\]/g, ''),
  },
  {
    where: /: causes\.\d+$/,
    why: 'the list of access modes has one more, and an order of its own',
    when: says(/"ReadWriteOncePod"/, /"ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce"/),
  },
  {
    where: /: causes\.\d+$/,
    why: 'one text for numbers now',
    when: says(/must be greater than 0/, /must be greater than zero/),
  },
  {
    where: /nodes: .*taint.*: causes/,
    why: 'the place is spec.taints',
    when: says(/^spec\.taints/, /^metadata\.taints/),
  },
  {
    where: /secrets: .*: causes/,
    why: '1.20 prints a pattern instead of the field',
    when: says(/^data\[/, /^data\[%s\]/),
  },
  {
    where: /: causes\.\d+$/,
    why: 'the size of texts is in bytes',
    when: says(/Too long: may not be more than/, /Too long: must have at most/),
  },
  {
    where: /: causes\.\d+$/,
    why: 'the names of fields are those of JSON',
    when: says(/^spec\.loadBalancer/, /^spec\.LoadBalancer/),
  },
  {
    where: /replace (persistent volumes|claims|odd claims|pods): .*: causes\.\d+$/,
    why: 'the difference is shown in another notation',
    when: says(
      /(immutable after creation|may not change fields other than)/,
      /(immutable after creation|may not change fields other than)/,
    ),
  },
  {
    where: /replace stateful sets: .*: causes\.0$/,
    why: 'more fields can be changed now',
    when: says(/updates to statefulset spec/, /updates to statefulset spec/),
  },
  {
    where: /policy of a ClusterIP: causes/,
    why: 'other words',
    when: says(/externally-accessible/, /only be set on NodePort/),
  },

  // Behaviour that changed since.
  {
    where: /: (status|reason)$/,
    why: 'faults of the request are no longer called those of the server',
    when: notOurFault,
  },
  {
    where:
      /: (a version that is none|as of a time that is none|from a time that is none|merge nonsense|bind to nothing): message$/,
    why: 'other words for a fault of the request',
  },
  { where: /patch: JSON: .*: (message|causes)$/, why: 'what is wrong with a JSON patch is said' },
  {
    where: /a version of the store: /,
    why: 'a resourceVersion on create is refused, as upstream has it in the storage layer for real writes',
  },
  { where: /replace services: .*: /, why: 'services can be replaced without a resourceVersion now' },
  {
    where: /create stateful sets: (without containers|with bad images|with negative readiness): /,
    why: 'templates are validated in full',
  },
  {
    where: /get and list: (as of any time|not older than then): body\.items/,
    why: '1.20 does not order lists from its cache',
  },
  { where: /get and list: an unknown path: /, why: 'our server knows other paths' },
  { where: /patch: JSON: replace what is not there: /, why: 'replacing what is not there fails, as RFC 6902 has it' },
  { where: /create, replace and delete: all namespaces: /, why: 'namespaces can be deleted as a collection' },
  { where: /patch: scale to: /, why: 'the namespace is taken from the path since 1.21' },
  { where: /pods: bind to a pod/, why: 'checked when stored' },
  { where: /evict what is not there: /, why: '1.20 knows Eviction of policy/v1beta1 only' },
  { where: /subresources of pods: as a table: body\.(headings|rows\.0)\.3$/, why: 'restarts are a text since 1.22' },
  { where: /as what nobody knows: message$/, why: 'the accepted types are named' },
  { where: /in an unknown form: message$/, why: 'the accepted types are named', when: says(/unknown format/, /415/) },
  {
    where: /server-side apply: .*: message$/,
    why: 'the object is named',
    when: says(/typed patch object \(/, /typed patch object: /),
  },
  { where: /server-side apply: (without a type|another type): message$/, why: 'other words' },
  {
    where: /(too long|a long (port name|key)): causes/,
    why: 'lengths are in bytes',
    when: says(/ bytes/, / characters/),
  },
  { where: /an empty source: causes/, why: 'one source more', when: says(/`fileKeyRef`/, /`secretKeyRef`/) },
  { where: /bad sysctls: causes/, why: 'names may have slashes too', when: says(/253 characters/, /253 characters/) },
  { where: /with an ephemeral container: /, why: 'refused since 1.25, dropped in 1.20' },
  {
    where: /(its uid|another identity): message$/,
    why: 'what the store has to do with it is not said',
    when: says(/Precondition failed: UID in precondition/, /StorageError: invalid object, Code: 4/),
  },
  { where: /replace pods: a version that is none: /, why: 'a conflict, as with any other version' },
  { where: /replace pods: (a bad label|no containers): causes\.\d$/, why: '1.20 says some faults more than once' },
  {
    where: /create services: with a (node port|cluster IP) out of range: /,
    why: 'a dry run asks the pools as well now',
  },
  {
    where: /loopback range|(outside addresses|an own address): causes/,
    why: 'IPv6 is named',
    when: says(/::1\/128/, /127\.0\.0\.0\/8\)/),
  },
  { where: /a health port and no policy: causes/, why: 'other words' },
  { where: /one key twice: causes/, why: 'which of two is looked at first is chance in 1.20' },
  {
    where: /namespaces: with a bad name: causes/,
    why: 'says what is wrong',
    when: says(/must not contain dots/, /RFC 1123 label/),
  },
  { where: /a data source: body\.spec\.dataSourceRef$/, why: 'since 1.24' },
  {
    where: /a smaller size: causes/,
    why: 'expansions can be taken back now',
    when: says(/status\.capacity/, /previous value/),
  },
  { where: /an unknown resource: causes/, why: 'other words', when: says(/for quotas$/, /for quota$/) },
  { where: /endpoints: with a bad address: causes\.1$/, why: '1.20 says it twice' },
  {
    where: /stateful sets: with a bad selector: causes/,
    why: 'says why',
    when: says(/invalid label selector/, /v1\.LabelSelector/),
  },
  { where: /daemon sets: that cannot roll: causes/, why: 'surge is possible now' },
  { where: /jobs: with negative numbers: causes\.4$/, why: 'a feature that was off in 1.20' },
  { where: /replace jobs: .*: causes\.\d$/, why: '1.20 says some faults more than once' },
  { where: /(cron jobs|disruption budgets): .*: body\.apiVersion$/, why: '1.20 serves an older version' },
  {
    where: /a bad block: causes/,
    why: 'networks are explained in one way everywhere',
    when: says(/must be a valid CIDR/, /not a valid CIDR/),
  },
  { where: /bad ports: causes/, why: 'other words', when: says(/at least one letter/, /at least one letter/) },
  { where: /CSI drivers: .*: body\.metadata\.generation$/, why: 'drivers count their generations now', when: added(1) },
  {
    where: /CSI drivers: .*: body\.spec\.(storageCapacity|requiresRepublish|seLinuxMount)$/,
    why: 'since 1.21 and 1.25',
    when: added(false),
  },
  { where: /unknown modes: causes\.1$/, why: '1.20 says it twice' },
  { where: /volume attachments: of nobody: causes\.\d$/, why: '1.20 says it twice, and what is wrong with nothing' },
  {
    where: /priority classes: the value: causes/,
    why: 'the names of fields are those of JSON',
    when: says(/^value/, /^Value/),
  },
  {
    where: /leases: with negative transitions: causes/,
    why: 'other words',
    when: says(/greater than or equal/, /greater or equal/),
  },
  { where: /get and list: two: body\.metadata\.continue$/, why: 'what the token holds is the server’s own business' },
  { where: /from a place that is none: message$/, why: 'what the token holds is the server’s own business' },
  {
    where: /an older version: message$/,
    why: 'the version is chance',
    when: says(/in the precondition \(1\)/, /in the precondition \(1\)/),
  },
  { where: /what are no options: message$/, why: 'no file of upstream’s is named' },
  { where: /with another finalizer: causes\.1$/, why: '1.20 says it twice' },
  { where: /patch: merge (a wrong type|another kind): causes/, why: 'the whole object is not repeated' },
  { where: /bind to nothing: causes$/, why: 'a fault of the request, with a cause' },
  { where: /exec without a command: message$/, why: 'it is the node that is not found' },
  { where: /columns: pods: body\.headings\.3$/, why: 'restarts are a text since 1.22' },
  {
    where:
      /columns: .*(resourcequotas|persistentvolumes|persistentvolumeclaims|jobs|csidrivers|priorityclasses|certificatesigningrequests): body\.headings/,
    why: 'columns that came later, and move those behind them',
  },
];
