/** What a user imports: from the name of its built file to its source. */
export const ENTRIES: Readonly<Record<string, string>>;

/** The paths of the sources whose exports users get. */
export const ENTRY_FILES: readonly string[];
