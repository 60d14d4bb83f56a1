// The bank page, in English.
export default {
};
