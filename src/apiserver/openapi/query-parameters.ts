/** A parameter of the query. */
export interface QueryParameter {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

/** Every query parameter that operations name. */
export const queryParameters: Readonly<Record<string, QueryParameter>> = {
  allowWatchBookmarks: {
    type: 'boolean',
    description: 'Whether a watch may send BOOKMARK events. Ignored without watch.',
  },
  command: { type: 'string', description: 'The program to run, and its arguments; given several times.' },
  container: { type: 'string', description: 'The container. Default: the only one of the pod.' },
  continue: { type: 'string', description: 'Goes on with a list behind the part that was returned with this token.' },
  dryRun: { type: 'string', description: 'With the value All nothing is stored; the answer is what would have been.' },
  fieldManager: {
    type: 'string',
    description: 'The name under which the fields that are set are recorded. At most 128 characters.',
  },
  fieldSelector: { type: 'string', description: 'Limits the answer to objects whose fields match. Default: all.' },
  fieldValidation: {
    type: 'string',
    description:
      'What to do about unknown and duplicate fields: Ignore them, Warn (the default), or refuse the request: Strict.',
  },
  follow: { type: 'boolean', description: 'Whether to go on with what is written later.' },
  force: { type: 'boolean', description: 'Whether an apply takes fields over that belong to another manager.' },
  gracePeriodSeconds: {
    type: 'integer',
    description: 'Seconds before the object is deleted. 0: at once. Default: as the kind has it.',
  },
  ignoreStoreReadErrorWithClusterBreakingPotential: {
    type: 'boolean',
    description: 'Whether to delete an object that the store cannot read any more. An alpha feature that is off.',
  },
  insecureSkipTLSVerifyBackend: {
    type: 'boolean',
    description: 'Whether the certificate of the kubelet may be one that cannot be verified.',
  },
  labelSelector: { type: 'string', description: 'Limits the answer to objects whose labels match. Default: all.' },
  limit: {
    type: 'integer',
    description: 'At most so many objects; metadata.continue of the answer leads to the rest.',
  },
  limitBytes: { type: 'integer', description: 'At most so many bytes.' },
  orphanDependents: { type: 'boolean', description: 'Deprecated: use propagationPolicy.' },
  path: { type: 'string', description: 'The path to ask the target for.' },
  ports: { type: 'integer', description: 'The ports to forward. Needed with WebSockets only.' },
  pretty: { type: 'string', description: 'With the value true the answer is indented.' },
  previous: { type: 'boolean', description: 'Whether to show the run before the present one.' },
  propagationPolicy: { type: 'string', description: 'What becomes of dependents: Orphan, Background or Foreground.' },
  resourceVersion: {
    type: 'string',
    description: 'How new the answer must be, or where a watch begins. Default: the newest.',
  },
  resourceVersionMatch: {
    type: 'string',
    description: 'How resourceVersion applies to a list: Exact or NotOlderThan.',
  },
  sendInitialEvents: {
    type: 'boolean',
    description: 'Whether a watch begins with the objects that are there already.',
  },
  shardSelector: {
    type: 'string',
    description: 'Limits the answer to a part of the whole. An alpha feature that is off.',
  },
  sinceSeconds: { type: 'integer', description: 'Only what is not older than so many seconds.' },
  stderr: { type: 'boolean', description: 'Whether to connect the standard error of the program.' },
  stdin: { type: 'boolean', description: 'Whether to connect the standard input of the program.' },
  stdout: { type: 'boolean', description: 'Whether to connect the standard output of the program.' },
  stream: { type: 'string', description: 'Which output to show: All, Stdout or Stderr.' },
  tailLines: { type: 'integer', description: 'Only the last so many lines.' },
  timeoutSeconds: { type: 'integer', description: 'Ends the request after so many seconds, whatever happens.' },
  timestamps: { type: 'boolean', description: 'Whether each line begins with its time.' },
  tty: { type: 'boolean', description: 'Whether the program gets a terminal.' },
  watch: { type: 'boolean', description: 'Streams changes instead of returning a list.' },
};

/** The variables in paths. */
export const pathParameters: Readonly<Record<string, string>> = {
  name: 'The name of the object.',
  namespace: 'The namespace of the object.',
  path: 'The path to ask the target for.',
};
