/** What begins with a per cent sign in a spec and is no macro. */
export const SPEC_WORDS: ReadonlySet<string> = new Set(
  (
    'if ifarch ifnarch ifos ifnos else elif elifarch elifos endif include package prep ' +
    'generate_buildrequires conf build install check clean preun postun pretrans posttrans pre ' +
    'post files changelog description triggerpostun triggerprein triggerun triggerin trigger ' +
    'verifyscript sepolicy filetriggerin filetrigger filetriggerun filetriggerpostun ' +
    'transfiletriggerin transfiletrigger transfiletriggerun transfiletriggerpostun end patchlist ' +
    'sourcelist setup patch autosetup autopatch attr defattr dir doc docdir config ghost lang ' +
    'license verify exclude caps readme artifact missingok'
  ).split(' '),
);
