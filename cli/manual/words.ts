/** What the definitions of the commands do not say. */
export const INTRODUCTION = [
  'centpkg works with a dist-git and look-aside cache server for Software Collections. A component ' +
    'is one git repository; its branches are named scl-COLLECTION-elRELEASE. Wherever a branch is ' +
    'named, sig-scloRELEASE-COLLECTION-rh is understood, too.',
  'The verbs and options are those of fedpkg and rpkg where they mean the same. Inside of a clone ' +
    'the component, the branch and the server are those of the clone. What needs no server works ' +
    'without it: diff, clog, commit, tag, giturl, switch-branch, clean, new.',
  'The server is, the first that is there: that of the clone; that of --config; CENTPKG_URL; that ' +
    'of the last login; that of ~/.config/rpkg/centpkg.conf; that of /etc/rpkg/centpkg.conf. ' +
    '"centpkg config" shows which it is, and what named it.',
];

export const ENVIRONMENT: readonly (readonly [name: string, text: string])[] = [
  ['CENTPKG_URL', 'Address of the server, over that of the last login.'],
  [
    'CENTPKG_TOKEN',
    'The token for the server that CENTPKG_URL, --config, the last login or your own ' +
      'configuration file names; never for one that only a clone or the system names.',
  ],
  ['CENTPKG_CERT', 'Client certificate with its key.'],
  ['CENTPKG_CA', "Who issued the server's certificate."],
];

export const FILES: readonly (readonly [name: string, text: string])[] = [
  ['~/.config/centpkg/config.json', 'What login keeps: server and tokens, mode 0600.'],
  [
    '/etc/rpkg/centpkg.conf, ~/.config/rpkg/centpkg.conf',
    "rpkg's configuration, section [centpkg]; each setting of the user's file counts over that of " +
      "the system's, and --config over both. anongiturl, gitbaseurl and lookaside name the server; " +
      'with a gitbaseurl of ssh: clones go by SSH; default_remote_name is for remote add. Other ' +
      'settings of rpkg are passed over, unknown ones are told of. A server has the file ready at ' +
      '/client/centpkg.conf.',
  ],
  ['~/.centos.cert, ~/.centos-server-ca.cert', 'Certificates, as the tools of CentOS keep them.'],
];
