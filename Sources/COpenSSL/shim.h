#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
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

// Macros over a variadic function.
static inline EVP_PKEY *copenssl_make_ec_key(const char *curve) { return EVP_EC_gen(curve); }
static inline EVP_PKEY *copenssl_make_rsa_key(size_t bits) { return EVP_RSA_gen(bits); }
static inline EVP_PKEY *copenssl_make_ed25519_key(void) { return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"); }

// A public key of parameters, which is NULL if they are none; the builder is freed in every case. The array of
// parameters points into itself, so it stays in C.
static inline EVP_PKEY *copenssl_finish_public_key(const char *type, OSSL_PARAM_BLD *builder, int is_complete) {
    OSSL_PARAM *parameters = is_complete ? OSSL_PARAM_BLD_to_param(builder) : NULL;
    EVP_PKEY_CTX *context = parameters == NULL ? NULL : EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    return key;
}

// The numbers are big-endian.
static inline EVP_PKEY *copenssl_rsa_public_key(
    const unsigned char *modulus, int modulus_count, const unsigned char *exponent, int exponent_count) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus, modulus_count, NULL);
    BIGNUM *e = BN_bin2bn(exponent, exponent_count, NULL);
    int is_complete = builder != NULL && n != NULL && e != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1;
    EVP_PKEY *key = copenssl_finish_public_key("RSA", builder, is_complete);
    BN_free(n);
    BN_free(e);
    return key;
}

// The point is in the uncompressed form of SEC 1; one that is not on the curve is refused.
static inline EVP_PKEY *copenssl_ec_public_key(const char *curve, const unsigned char *point, size_t count) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    int is_complete = builder != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, count) == 1;
    return copenssl_finish_public_key("EC", builder, is_complete);
}

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
