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
  force: { type: 'boolean', description: 'Whether an apply takes fields over that belong to another manager.' },
  gracePeriodSeconds: {
    type: 'integer',
    description: 'Seconds before the object is deleted. 0: at once. Default: as the kind has it.',
  },
  labelSelector: { type: 'string', description: 'Limits the answer to objects whose labels match. Default: all.' },
  limit: {
    type: 'integer',
    description: 'At most so many objects; metadata.continue of the answer leads to the rest.',
  },
  orphanDependents: { type: 'boolean', description: 'Deprecated: use propagationPolicy.' },
  pretty: { type: 'string', description: 'With the value true the answer is indented.' },
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
  timeoutSeconds: { type: 'integer', description: 'Ends the request after so many seconds, whatever happens.' },
  watch: { type: 'boolean', description: 'Streams changes instead of returning a list.' },
};

/** The variables in paths. */
export const pathParameters: Readonly<Record<string, string>> = {
  name: 'name of the object',
  namespace: 'object name and auth scope, such as for teams and projects',
};
