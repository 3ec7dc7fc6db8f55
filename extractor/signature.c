#include "signature.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <string.h>

#define BASE64_DIGITS                                                          \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

enum { KEY_BYTES = 32 };

/* Only a name for what libcrypto has, which wipes it when it is freed. */
static EVP_PKEY *of_key(const struct signature_key *key)
{
    return (EVP_PKEY *)(uintptr_t)key;
}

/* Nobody is asked: the terminal of a scheduler never answers. */
static int no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static const char *kind_of(const EVP_PKEY *key)
{
    static const struct {
        int id;
        const char *name;
    } kinds[] = {
        {EVP_PKEY_RSA, "an RSA key"},      {EVP_PKEY_RSA_PSS, "an RSA key"},
        {EVP_PKEY_EC, "an EC key"},        {EVP_PKEY_DSA, "a DSA key"},
        {EVP_PKEY_ED448, "an Ed448 key"},  {EVP_PKEY_X25519, "an X25519 key"},
        {EVP_PKEY_X448, "an X448 key"},    {EVP_PKEY_DH, "a DH key"},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (EVP_PKEY_base_id(key) == kinds[i].id)
            return kinds[i].name;
    }
    return "a key of another kind";
}

static struct signature_key *take(EVP_PKEY *key, const char *name,
                                  struct error *err)
{
    if (EVP_PKEY_base_id(key) == EVP_PKEY_ED25519)
        return (struct signature_key *)key;
    error_set(err, ERROR_CONFIG, "%s: holds %s, and not an Ed25519 key", name,
              kind_of(key));
    error_hint(err, "make one with openssl genpkey -algorithm ed25519");
    EVP_PKEY_free(key);
    return NULL;
}

typedef EVP_PKEY *read_fn(BIO *bio, EVP_PKEY **key, pem_password_cb *callback,
                          void *context);

/* Where memory is out libcrypto says that there is no key, so it is asked
 * again: then there is memory, or not even enough to begin. */
enum { ASKED_TIMES = 2 };

static EVP_PKEY *parse(const char *pem, read_fn *read, struct error *err)
{
    size_t len = strlen(pem);
    EVP_PKEY *key = NULL;

    for (int i = 0; i < ASKED_TIMES && key == NULL && len <= INT_MAX; i++) {
        BIO *bio = BIO_new_mem_buf(pem, (int)len);

        if (bio == NULL) {
            error_no_memory(err);
            return NULL;
        }
        key = read(bio, NULL, no_passphrase, NULL);
        BIO_free(bio);
        ERR_clear_error();
    }
    return key;
}

/* RFC 8410, 7: the key as openssl writes it, 16 bytes that are always the same
 * and the 32 of the key, which are one line of PEM. Read here, because what
 * libcrypto reads it leaves behind in freed memory. NULL: another form. */
static EVP_PKEY *read_usual(const char *pem)
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----",
                      end[] = "-----END PRIVATE KEY-----";
    static const unsigned char head[] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
                                         0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
                                         0x04, 0x22, 0x04, 0x20};
    unsigned char der[sizeof(head) + KEY_BYTES];
    const char *line = strstr(pem, begin), *rest;
    EVP_PKEY *key = NULL;

    if (line == NULL)
        return NULL;
    line += sizeof(begin) - 1;
    line += strspn(line, "\r\n");
    rest = line + strspn(line, BASE64_DIGITS);
    if (rest - line != sizeof(der) / 3 * 4)
        return NULL;
    rest += strspn(rest, "\r\n");
    if (strncmp(rest, end, sizeof(end) - 1) == 0 &&
        EVP_DecodeBlock(der, (const unsigned char *)line,
                        sizeof(der) / 3 * 4) == sizeof(der) &&
        memcmp(der, head, sizeof(head)) == 0)
        key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                           der + sizeof(head), KEY_BYTES);
    OPENSSL_cleanse(der, sizeof(der));
    return key;
}

static bool has_block(const char *pem, const char *label)
{
    return strstr(pem, label) != NULL;
}

struct signature_key *signature_private(const char *pem, const char *name,
                                        struct error *err)
{
    EVP_PKEY *key;

    if (has_block(pem, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
        has_block(pem, "Proc-Type: 4,ENCRYPTED")) {
        error_set(err, ERROR_CONFIG, "%s: the key has a passphrase", name);
        error_hint(err, "use one without, in a file that only its owner reads, "
                        "or from a secret store by a command");
        return NULL;
    }
    key = read_usual(pem);
    if (key == NULL)
        key = parse(pem, PEM_read_bio_PrivateKey, err);
    if (key != NULL)
        return take(key, name, err);
    if (err->kind != ERROR_NONE)
        return NULL;
    error_set(err, ERROR_CONFIG, "%s: %s", name,
              has_block(pem, "-----BEGIN PUBLIC KEY-----")
                  ? "holds a public key; the private one signs"
                  : "holds no whole private key in PEM");
    error_hint(err, "make one with openssl genpkey -algorithm ed25519");
    return NULL;
}

struct signature_key *signature_public(const char *pem, const char *name,
                                       struct error *err)
{
    EVP_PKEY *key = parse(pem, PEM_read_bio_PUBKEY, err);

    if (key != NULL)
        return take(key, name, err);
    if (err->kind != ERROR_NONE)
        return NULL;
    error_set(err, ERROR_CONFIG, "%s: %s", name,
              has_block(pem, "PRIVATE KEY-----")
                  ? "holds a private key; whoever checks needs the public one"
                  : "holds no whole public key in PEM");
    error_hint(err, "openssl pkey -in KEY -pubout writes it");
    return NULL;
}

void signature_key_free(struct signature_key *key)
{
    EVP_PKEY_free(of_key(key));
}

int signature_make(const struct signature_key *key, const void *data,
                   size_t len, unsigned char out[SIGNATURE_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t size = SIGNATURE_BYTES;
    bool made = context != NULL &&
                EVP_DigestSignInit(context, NULL, NULL, NULL, of_key(key)) ==
                    1 &&
                EVP_DigestSign(context, out, &size, data, len) == 1 &&
                size == SIGNATURE_BYTES;

    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return made ? 0 : -1;
}

static int check(const struct signature_key *key, const void *data, size_t len,
                 const unsigned char signature[SIGNATURE_BYTES])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int fits = -1;

    if (context != NULL &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, of_key(key)) == 1)
        fits = EVP_DigestVerify(context, signature, SIGNATURE_BYTES, data, len);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return fits < 0 ? -1 : fits;
}

int signature_fits(const struct signature_key *key, const void *data,
                   size_t len, const unsigned char signature[SIGNATURE_BYTES])
{
    int fits = 0;

    for (int i = 0; i < ASKED_TIMES && fits == 0; i++)
        fits = check(key, data, len, signature);
    return fits;
}
