#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// BIO_get_mem_data is a macro with a cast, which Swift does not import.
static inline long copenssl_bio_get_mem_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

// The flags are a macro made of other macros, which Swift does not import. UTF-8 is printed as it is, not as escapes.
static inline unsigned long copenssl_name_flags(void) { return XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB; }

// The reasons are macros, and what tells them apart is inline.
static inline int copenssl_is_no_start_line(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

// A macro over a variadic function.
static inline EVP_PKEY *copenssl_make_p256_key(void) { return EVP_EC_gen("P-256"); }

// Adds an extension, written as in OpenSSL's configuration files, and returns 1 on success. The context has to be
// cleared by a macro, and the value is a plain text because no configuration stands behind it.
static inline int copenssl_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int result = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return result;
}

// Stacks are reached by macros, and a name's value is in a union. The caller frees the stack.
static inline GENERAL_NAMES *copenssl_alternative_names(X509 *certificate, int *state) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, state, NULL);
}
static inline int copenssl_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline ASN1_STRING *copenssl_name_at(const GENERAL_NAMES *names, int index, int *type) {
    void *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), type);
    return *type == GEN_DNS || *type == GEN_IPADD ? (ASN1_STRING *)value : NULL;
}

// A macro with a cast.
static inline int copenssl_utf8(void) { return MBSTRING_UTF8; }
