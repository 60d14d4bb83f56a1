// The bank page, in French.
export default {
};
