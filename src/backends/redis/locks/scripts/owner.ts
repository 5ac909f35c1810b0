/** Characters of an owner, and how many of these are its client's. */
export const OWNER_LENGTH = 24;
export const CLIENT_LENGTH = 16;

/** Where the owners of all that is asked are one string: the owner of one of them. */
export const OWNER_OF = `
local function ownerOf(i)
  return string.sub(owners, ${String(OWNER_LENGTH)} * (i - 1) + 1, ${String(OWNER_LENGTH)} * i)
end
`;
