import {
  groupName,
  groupTag,
  groupVersionPath,
  groupWords,
  OBJECT_TYPES,
  versionTag,
  type Operation,
} from './operations.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

function discovery(path: string, id: string, tag: string, response: string, what: string): Operation {
  return {
    path,
    id,
    tag,
    response,
    method: 'get',
    description: `get ${what}`,
    pathParameters: [],
    queryParameters: [],
    produces: OBJECT_TYPES,
    codes: [200],
  };
}

/** `/api/` */
export const coreVersions = discovery(
  '/api/',
  'getCoreAPIVersions',
  'core',
  `${META}.APIVersions`,
  'the versions of the core group',
);

/** `/apis/` */
export const groupList = discovery('/apis/', 'getAPIVersions', 'apis', `${META}.APIGroupList`, 'the groups of the API');

/** `/version/` */
export const serverVersion: Operation = {
  ...discovery(
    '/version/',
    'getCodeVersion',
    'version',
    'io.k8s.apimachinery.pkg.version.Info',
    'the version of the server',
  ),
  produces: ['application/json'],
};

/** `/apis/apps/` */
export function groupOperation(group: string): Operation {
  const id = `get${groupWords(group)}APIGroup`;
  return discovery(`/apis/${group}/`, id, groupTag(group), `${META}.APIGroup`, 'what is known of the group');
}

/** `/apis/apps/v1/` */
export function resourcesOperation(gv: { group: string; version: string }): Operation {
  const id = `get${groupName(gv)}APIResources`;
  return discovery(
    `${groupVersionPath(gv)}/`,
    id,
    versionTag(gv),
    `${META}.APIResourceList`,
    'the resources of the group and version',
  );
}
