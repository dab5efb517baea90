/* A host in C: loads a model, runs it on several threads, trains it, saves it.
 *
 *     c_host MODEL.fkb TRAINED.fkb
 *
 * MODEL.fkb is a network with one input and one output; its output here is learned to be a known
 * function of its input.
 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fkb.h"

enum { THREADS = 2, BATCH = 256, BATCHES = 64, STEPS = 400 };

/* What one thread works on: the network is shared, the workspace is its own. */
typedef struct {
    const fkb_network *network;
    int first, last; /* batches */
    int n_in, n_out; /* values of a sample */
    const float *x;
    float *y;
    fkb_error error;
} task;

/* A batch of float values: batch first, as in Keras. */
static fkb_array array_of(float *data, int samples, int features) {
    fkb_array array = {data, sizeof(float), 2, {samples, features}};
    return array;
}

/* Predict the batches of a task, one after another. */
static void *work_on(void *argument) {
    task *t = argument;
    fkb_workspace *workspace = fkb_workspace_new();
    for (int b = t->first; b < t->last && t->error.code == 0; b++) {
        fkb_array x = array_of((float *)t->x + (size_t)b * BATCH * t->n_in, BATCH, t->n_in);
        fkb_array y = array_of(t->y + (size_t)b * BATCH * t->n_out, BATCH, t->n_out);
        fkb_predict(t->network, workspace, 1, &x, 1, &y, 0, &t->error);
    }
    fkb_workspace_free(workspace);
    return NULL;
}

/* Predict all batches on `threads` threads. Returns 0, or prints the error. */
static int predict(const fkb_network *network, int n_in, int n_out, int threads, const float *x,
                   float *y) {
    pthread_t thread[THREADS];
    task tasks[THREADS];
    int failed = 0;
    for (int i = 0; i < threads; i++) {
        task t = {network, i * BATCHES / threads, (i + 1) * BATCHES / threads, n_in, n_out, x, y,
                  {0, 0, ""}};
        tasks[i] = t;
        if (pthread_create(&thread[i], NULL, work_on, &tasks[i]) != 0) exit(EXIT_FAILURE);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        if (tasks[i].error.code != 0) {
            fprintf(stderr, "c_host: %s\n", tasks[i].error.message);
            failed = 1;
        }
    }
    return failed;
}

/* Train on one batch after another; print the loss. Returns 0, or prints the error. */
static int train(fkb_network *network, int n_in, int n_out, float *x, float *y_true) {
    const char *optimizer = "{\"class_name\": \"Adam\", \"config\": {\"learning_rate\": 0.002}}";
    fkb_trainer *trainer;
    fkb_error error;
    double loss, first = 0, last = 0; /* means over the first and the last 64 steps */
    if (fkb_trainer_new(network, "mse", optimizer, &trainer, &error) != 0) {
        fprintf(stderr, "c_host: %s\n", error.message);
        return 1;
    }
    for (int step = 0; step < STEPS && error.code == 0; step++) {
        int b = step % BATCHES;
        fkb_array x_batch = array_of(x + (size_t)b * BATCH * n_in, BATCH, n_in);
        fkb_array y_batch = array_of(y_true + (size_t)b * BATCH * n_out, BATCH, n_out);
        fkb_trainer_step(trainer, 1, &x_batch, 1, &y_batch, NULL, &loss, &error);
        if (step < BATCHES) first += loss / BATCHES;
        if (step >= STEPS - BATCHES) last += loss / BATCHES;
    }
    /* Without this call the file would hold the weights, but not Adam's state. */
    if (error.code == 0) fkb_trainer_store(trainer, &error);
    fkb_trainer_free(trainer);
    if (error.code != 0) {
        fprintf(stderr, "c_host: %s\n", error.message);
        return 1;
    }
    printf("trained %d steps: loss %.4f -> %.4f\n", STEPS, first, last);
    if (!(last < 0.5 * first)) {
        fprintf(stderr, "c_host: the loss did not fall\n");
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    fkb_network *network, *again;
    fkb_error error;
    int64_t shape[FKB_MAX_RANK];
    if (argc != 3) {
        fprintf(stderr, "usage: c_host MODEL.fkb TRAINED.fkb\n");
        return EXIT_FAILURE;
    }

    /* An error is a code and a sentence; nothing is printed and nothing stops by itself. */
    if (fkb_network_load("no such file.fkb", 0, &again, &error) != FKB_ERROR_FILE) {
        fprintf(stderr, "c_host: a file that does not exist was loaded\n");
        return EXIT_FAILURE;
    }
    printf("an error on purpose, code %d: %s\n", error.code, error.message);

    if (fkb_network_load(argv[1], 0, &network, &error) != 0) {
        fprintf(stderr, "c_host: %s\n", error.message);
        return EXIT_FAILURE;
    }
    if (fkb_network_shape(network, 0, 0, shape) != 2) return EXIT_FAILURE;
    int n_in = (int)shape[1];
    if (fkb_network_shape(network, 1, 0, shape) != 2) return EXIT_FAILURE;
    int n_out = (int)shape[1];
    printf("FKB %s: %d values in, %d out, %lld weights of %d bytes\n", fkb_version(), n_in, n_out,
           (long long)fkb_network_params(network), fkb_network_bytes(network));

    size_t samples = (size_t)BATCH * BATCHES;
    float *x = malloc(samples * n_in * sizeof *x);
    float *y = malloc(samples * n_out * sizeof *y);
    float *y_true = malloc(samples * n_out * sizeof *y);
    float *y_serial = malloc(samples * n_out * sizeof *y);
    if (!x || !y || !y_true || !y_serial) return EXIT_FAILURE;
    for (size_t i = 0; i < samples * n_in; i++) /* spread over -8 to 16, in no order */
        x[i] = -8.0f + 24.0f * (float)(i * 2654435761u % 65536u) / 65536.0f;
    for (size_t i = 0; i < samples * n_out; i++)
        y_true[i] = 4.0f * sinf(0.5f * x[i / n_out * n_in]);

    if (predict(network, n_in, n_out, 1, x, y_serial)) return EXIT_FAILURE;
    if (predict(network, n_in, n_out, THREADS, x, y)) return EXIT_FAILURE;
    if (memcmp(y, y_serial, samples * n_out * sizeof *y) != 0) {
        fprintf(stderr, "c_host: the threads gave another answer\n");
        return EXIT_FAILURE;
    }
    printf("%d samples on %d threads: the same bits as on one\n", (int)samples, THREADS);

    if (train(network, n_in, n_out, x, y_true)) return EXIT_FAILURE;

    if (fkb_network_save(network, argv[2], 0, &error) != 0 ||
        fkb_network_load(argv[2], 0, &again, &error) != 0) {
        fprintf(stderr, "c_host: %s\n", error.message);
        return EXIT_FAILURE;
    }
    if (predict(network, n_in, n_out, THREADS, x, y)) return EXIT_FAILURE;
    if (predict(again, n_in, n_out, THREADS, x, y_serial)) return EXIT_FAILURE;
    if (memcmp(y, y_serial, samples * n_out * sizeof *y) != 0) {
        fprintf(stderr, "c_host: the saved network gives another answer\n");
        return EXIT_FAILURE;
    }
    printf("saved %s, which gives the same bits\n", argv[2]);

    fkb_network_free(network);
    fkb_network_free(again);
    free(x);
    free(y);
    free(y_true);
    free(y_serial);
    return EXIT_SUCCESS;
}
