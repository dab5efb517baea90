/* FKB: Keras models in simulations, the C interface.
 *
 * Handles are opaque. A network may serve any number of threads at once, each with a workspace of
 * its own. Functions that can fail return 0 for success or one of FKB_ERROR_*, and put a sentence
 * into the fkb_error they are given (which may be NULL). A NULL where a handle, a path or an array
 * is needed is FKB_ERROR_ARGUMENT; functions without a status return 0 or -1 for it, or do nothing.
 * Results that nobody wants (loss, worst, count, shape, path ...) may be NULL.
 *
 * Arrays are described by their shape in C's order with the batch first, as in Keras:
 * float x[16][94] is {x, sizeof(float), 2, {16, 94}}. float and double go with every network.
 * No output may have memory in common with another array. NaN in one sample changes no other one.
 */
#ifndef FKB_H
#define FKB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FKB_ERROR_ARGUMENT 1    /* wrong shape, length, kind, order of calls */
#define FKB_ERROR_FILE 2        /* cannot be opened, read, written or renamed */
#define FKB_ERROR_FORMAT 3      /* not what docs/format.md says */
#define FKB_ERROR_UNKNOWN 4     /* a name that nothing is registered under */
#define FKB_ERROR_UNSUPPORTED 5 /* known, but not possible with this option, layer or mode */
#define FKB_ERROR_NUMERIC 6     /* not finite, or recorded samples that differ */

#define FKB_MAX_RANK 9

typedef struct fkb_network fkb_network;
typedef struct fkb_workspace fkb_workspace;
typedef struct fkb_trainer fkb_trainer;
typedef struct fkb_state fkb_state;
typedef struct fkb_metric fkb_metric;
typedef struct fkb_online fkb_online;
typedef struct fkb_ensemble fkb_ensemble;

typedef struct fkb_error {
    int code;           /* 0 or FKB_ERROR_* */
    int line;           /* of the model file, 0 where there is none */
    char message[1024]; /* a sentence */
} fkb_error;

typedef struct fkb_array {
    void *data;                  /* contiguous, batch first */
    int bytes;                   /* of a value: sizeof(float) or sizeof(double) */
    int rank;                    /* 1 to FKB_MAX_RANK, the batch included */
    int64_t shape[FKB_MAX_RANK]; /* C's order; shape[0] is the number of samples */
} fkb_array;

/* ---- networks ---- */

/* Read a model file. bytes: 4 or 8 for the precision of the network, 0 for that of the file. */
int fkb_network_load(const char *path, int bytes, fkb_network **network, fkb_error *error);
void fkb_network_free(fkb_network *network);
/* Write the model file, in one step. bytes: 4 or 8, 0 for the precision of the file it came from. */
int fkb_network_save(const fkb_network *network, const char *path, int bytes, fkb_error *error);
/* Bytes of a weight: 4 or 8. */
int fkb_network_bytes(const fkb_network *network);
int fkb_network_inputs(const fkb_network *network);
int fkb_network_outputs(const fkb_network *network);
/* Shape of input (is_output 0) or output k, from 0; -1 where open, as the batch. Returns the rank,
 * -1 where there is no such input or output. */
int fkb_network_shape(const fkb_network *network, int is_output, int k, int64_t shape[FKB_MAX_RANK]);
/* Let the layers that a path or pattern ("conv*") names, with all below them, stay in training (0)
 * or train; "" is the whole network. */
int fkb_network_set_trainable(fkb_network *network, const char *path, int trainable,
                              fkb_error *error);

/* Fill the weights anew as the initializers of the layers say; pattern: the paths of those that are
 * meant, such as "head" or "enc*", NULL for all. */
int fkb_network_initialize(fkb_network *network, int seed, const char *pattern, fkb_error *error);

/* Multiply the learning rate of the weights that a path or pattern names; no file keeps that. */
int fkb_network_set_rate_factor(fkb_network *network, const char *pattern, double factor,
                                fkb_error *error);
/* Multiply the weight decay of optimizers, for the weights that a path or pattern names, such as "dense*";
 * 0: none, as Keras's exclude_from_weight_decay; no file keeps that. */
int fkb_network_set_decay_factor(fkb_network *network, const char *pattern, double factor,
                                 fkb_error *error);
/* Take the weights that a path or pattern names from another network of the same precision. */
int fkb_network_copy_weights(fkb_network *network, const fkb_network *from, const char *pattern,
                             fkb_error *error);

/* Freeze the network for inference: pack its weights once in the order in which its layers read
 * them and, unless fold is 0, batch normalisation with the layer before it. A frozen network
 * predicts, saves and gives its weights; training and derivatives are errors until it is thawed.
 * No other thread may use the network meanwhile. */
int fkb_network_freeze(fkb_network *network, int fold, fkb_error *error);
void fkb_network_thaw(fkb_network *network);
int fkb_network_frozen(const fkb_network *network);

/* All weights as one vector of doubles; new ones thaw a frozen network. */
int64_t fkb_network_params(const fkb_network *network);
void fkb_network_get_params(const fkb_network *network, double *params);
void fkb_network_set_params(fkb_network *network, const double *params);
/* Weight array k, from 0: its path, where it begins in the vector, its shape. Returns its rank,
 * -1 where there is none. */
int fkb_network_segments(const fkb_network *network);
int fkb_network_segment(const fkb_network *network, int k, char *path, size_t path_size,
                        int64_t *first, int64_t *count, int *trainable,
                        int64_t shape[FKB_MAX_RANK]);

/* ---- running ---- */

fkb_workspace *fkb_workspace_new(void);
void fkb_workspace_free(fkb_workspace *workspace);
/* Inference. raw: 0, or 1 to leave out the transform steps of the model file. */
int fkb_predict(const fkb_network *network, fkb_workspace *workspace, int n_inputs,
                const fkb_array *inputs, int n_outputs, const fkb_array *outputs, int raw,
                fkb_error *error);
/* What a network with stateful layers keeps from call to call, zeros at first: fkb_state_rows
 * values for each of so many samples. Keep it with the fields of the simulator. */
int fkb_state_new(const fkb_network *network, int64_t columns, fkb_state **state, fkb_error *error);
void fkb_state_free(fkb_state *state);
int64_t fkb_state_rows(const fkb_state *state);
/* All values, sample after sample: values[columns][rows]. */
void fkb_state_get(const fkb_state *state, double *values);
void fkb_state_set(fkb_state *state, const double *values);
/* State k, from 0: the layer's path, its number among the layer's states (1 is h, 2 is c), and
 * where its values lie in a sample. Returns 0 where there is none. */
int fkb_state_part(const fkb_state *state, int k, char *path, size_t path_size, int *number,
                   int64_t *first, int64_t *count);
/* Inference of a stateful network: reads the state and replaces it. A call that fails leaves it. */
int fkb_predict_state(const fkb_network *network, fkb_workspace *workspace, fkb_state *state,
                      int n_inputs, const fkb_array *inputs, int n_outputs,
                      const fkb_array *outputs, int raw, fkb_error *error);
/* Outputs y, and the gradients of sum(dy*y) with respect to the inputs and to all weights.
 * training: 1 with noise and batch statistics, 0 without. Stateful layers begin with zeros. */
int fkb_gradient(const fkb_network *network, fkb_workspace *workspace, int n_inputs,
                 const fkb_array *inputs, int n_outputs, const fkb_array *dy, const fkb_array *y,
                 const fkb_array *dx, double *dparams, int training, int64_t seed, int64_t step,
                 fkb_error *error);
/* Derivatives of a network as it predicts, its transforms included. Outputs, and their directions
 * for a direction of the inputs (or NULL: zeros), of all weights (or NULL) and of the state.
 * state: as in fkb_predict_state, NULL without stateful layers; dstate: the direction of the old
 * state, replaced by that of the new one, or NULL. */
int fkb_jvp(const fkb_network *network, fkb_workspace *workspace, int n_inputs,
            const fkb_array *inputs, const fkb_array *dinputs, const double *dparams,
            int n_outputs, const fkb_array *outputs, const fkb_array *doutputs, fkb_state *state,
            fkb_state *dstate, fkb_error *error);
/* Outputs, and the gradients of sum(weights*outputs) with respect to the inputs, to all weights
 * summed over the batch (or NULL) and to the state. The state stays; gstate: the gradient of the
 * new state, replaced by that of the old one, or NULL. */
int fkb_vjp(const fkb_network *network, fkb_workspace *workspace, int n_inputs,
            const fkb_array *inputs, int n_outputs, const fkb_array *weights,
            const fkb_array *outputs, const fkb_array *dinputs, double *gparams, fkb_state *state,
            fkb_state *gstate, fkb_error *error);
/* jacobian[batch][inputs][outputs]: derivatives of output number `output`, from 0, with respect to
 * input number `input`, each flattened. */
int fkb_jacobian(const fkb_network *network, fkb_workspace *workspace, int n_inputs,
                 const fkb_array *inputs, int output, int input, const fkb_array *jacobian,
                 fkb_state *state, fkb_error *error);
/* Run the samples that the file records; worst: largest difference over largest output. */
int fkb_check_samples(const fkb_network *network, fkb_workspace *workspace, double *worst,
                      int *count, fkb_error *error);

/* ---- training ---- */

/* Train `network`, which must outlive the trainer. loss, optimizer: as in a Keras configuration
 * ("mse", {"class_name":"Adam","config":{...}}), NULL for those of the model file with its
 * optimizer state. */
int fkb_trainer_new(fkb_network *network, const char *loss, const char *optimizer,
                    fkb_trainer **trainer, fkb_error *error);
void fkb_trainer_free(fkb_trainer *trainer);
/* One step on a batch. sample_weights: one value a sample for each output, or NULL. */
int fkb_trainer_step(fkb_trainer *trainer, int n_inputs, const fkb_array *inputs, int n_outputs,
                     const fkb_array *targets, const fkb_array *sample_weights, double *loss,
                     fkb_error *error);
/* Loss and gradient of a batch, with the penalties of regularizers; nothing is changed. n, gradient:
 * one value for each weight of the network (fkb_network_params). */
int fkb_trainer_gradient(fkb_trainer *trainer, int n_inputs, const fkb_array *inputs, int n_outputs,
                         const fkb_array *targets, const fkb_array *sample_weights, double *loss,
                         int64_t n, double *gradient, fkb_error *error);
/* One step from a gradient of any origin. */
int fkb_trainer_apply(fkb_trainer *trainer, int64_t n, const double *gradient, fkb_error *error);
/* After steps of one's own: with use_ema the averages of the weights become the weights, as at the
 * end of fkb_trainer_fit. */
void fkb_trainer_finish(fkb_trainer *trainer);
/* Several epochs. history: the mean loss of each epoch. */
int fkb_trainer_fit(fkb_trainer *trainer, int n_inputs, const fkb_array *inputs, int n_outputs,
                    const fkb_array *targets, const fkb_array *sample_weights, int epochs,
                    int batch_size, int shuffle, int64_t seed, double *history, fkb_error *error);
/* Samples of a training or a validation. weights: one array for each output, or NULL. */
typedef struct fkb_samples {
    int n_inputs, n_outputs;
    const fkb_array *inputs, *targets, *weights;
} fkb_samples;

#define FKB_TRAIN_BEGIN 0
#define FKB_EPOCH_BEGIN 1
#define FKB_BATCH_END 2
#define FKB_EPOCH_END 3
#define FKB_TRAIN_END 4
#define FKB_RESULT 5
/* Told what happens, with the logs so far; epoch and batch count from 1. The answer: 0 to go on,
 * 1 to stop after this batch, -1 for a failure. */
typedef int (*fkb_callback)(void *context, int event, int epoch, int batch, int count,
                            const char *const *names, const double *values);
/* Several epochs. options: JSON with epochs, batch_size, shuffle, seed, initial_epoch,
 * steps_per_epoch, validation_split, validation_batch_size, validation_steps, validation_freq,
 * logs_learning_rate, callbacks: [{"class_name":"EarlyStopping","config":{"patience":3}}, ...].
 * validation and callback may be NULL. */
int fkb_trainer_train(fkb_trainer *trainer, const fkb_samples *samples,
                      const fkb_samples *validation, const char *options, fkb_callback callback,
                      void *context, fkb_error *error);
/* Loss and metrics as in inference; the callback is told all of them once, as FKB_RESULT.
 * steps: batches, 0 for all. */
int fkb_trainer_evaluate(fkb_trainer *trainer, const fkb_samples *samples, int batch_size,
                         int steps, fkb_callback callback, void *context, double *loss,
                         fkb_error *error);
#define FKB_CONVERGED 1  /* no gradient is larger than gradient_tolerance */
#define FKB_ITERATIONS 2 /* max_iterations were made */
#define FKB_NO_DESCENT 3 /* no lower point was found */
typedef struct fkb_minimum {
    int reason, iterations, evaluations; /* of all calls since a search began */
    double value, largest_gradient;
} fkb_minimum;
/* Search a minimum of the loss over all samples with L-BFGS; the optimizer and its state stay.
 * options: JSON with history (10), max_iterations (100), max_evaluations (25, of a line search),
 * gradient_tolerance (1e-5), c1 (1e-4), c2 (0.9), resume (false: a new search), or NULL. */
int fkb_trainer_minimize(fkb_trainer *trainer, const fkb_samples *samples, const char *options,
                         fkb_minimum *minimum, fkb_error *error);
/* Log these metrics from now on, as in a Keras configuration; both NULL: those of the file. */
int fkb_trainer_metrics(fkb_trainer *trainer, const char *metrics, const char *weighted_metrics,
                        fkb_error *error);
/* The learning rate. */
double fkb_trainer_rate(const fkb_trainer *trainer);
int fkb_trainer_set_rate(fkb_trainer *trainer, double rate, fkb_error *error);
/* Put the optimizer's state into the network, so that fkb_network_save writes it. */
int fkb_trainer_store(fkb_trainer *trainer, fkb_error *error);
/* Let stateful layers begin anew with zeros; they go on from step to step otherwise. */
void fkb_trainer_reset(fkb_trainer *trainer);

/* ---- training inside a simulation ---- */

/* Train `network`, which must outlive the training, while the simulation runs. loss, optimizer: as
 * for a trainer. options: JSON with capacity (1024), reservoir, batch_size (32), newest,
 * update_every (1), steps_per_update (1), first_update (1), seed, anchor, largest_change,
 * explosion, as in docs/training.md, or NULL. */
int fkb_online_new(fkb_network *network, const char *loss, const char *optimizer,
                   const char *options, fkb_online **online, fkb_error *error);
void fkb_online_free(fkb_online *online);
/* The samples of one time step, and an update where it is time. sample_weights: one array with a
 * value for each sample, or NULL; time: the simulation's, or NULL. */
int fkb_online_observe(fkb_online *online, int n_inputs, const fkb_array *inputs, int n_outputs,
                       const fkb_array *targets, const fkb_array *sample_weights,
                       const double *time, fkb_error *error);
/* Learn from the buffer now. */
int fkb_online_update(fkb_online *online, fkb_error *error);
/* Restarts: weights, optimizer, buffer, random numbers and counters; replaced in one step. A load
 * that fails changes nothing. */
int fkb_online_save(const fkb_online *online, const char *path, fkb_error *error);
int fkb_online_load(fkb_online *online, const char *path, fkb_error *error);
/* Put the optimizer's state into the network, so that fkb_network_save writes it. */
int fkb_online_store(fkb_online *online, fkb_error *error);
typedef struct fkb_online_counts {
    int64_t observations, updates, refused, rollbacks, limited;
    double loss, mean_loss; /* of the last update, and the running mean */
} fkb_online_counts;
void fkb_online_get_counts(const fkb_online *online, fkb_online_counts *counts);
/* The learning rate, which a simulation may set by its own time. */
double fkb_online_rate(const fkb_online *online);
int fkb_online_set_rate(fkb_online *online, double rate, fkb_error *error);

/* ---- losses and metrics on arrays ---- */

/* A loss, reduced over the batch, and where grad is not NULL its derivative by y_pred. Configuration
 * as for a trainer; keras_major: 2 or 3, where the two differ. weights: one value for each sample
 * or each position, or NULL. The precision is that of y_pred. */
int fkb_loss_evaluate(const char *loss, int keras_major, const fkb_array *y_true,
                      const fkb_array *y_pred, const fkb_array *weights, double *value,
                      const fkb_array *grad, fkb_error *error);
/* A metric adds up batches. Configuration as Keras's; bytes: 4 or 8, of the comparisons. */
int fkb_metric_new(const char *metric, int keras_major, int bytes, fkb_metric **handle,
                   fkb_error *error);
void fkb_metric_free(fkb_metric *metric);
/* Add a batch. weights and mask may be NULL. */
int fkb_metric_update(fkb_metric *metric, const fkb_array *y_true, const fkb_array *y_pred,
                      const fkb_array *weights, const fkb_array *mask, fkb_error *error);
void fkb_metric_reset(fkb_metric *metric);
/* Number of values, and the values of all batches since the last reset. */
int fkb_metric_count(const fkb_metric *metric);
void fkb_metric_values(const fkb_metric *metric, double *values);

/* ---- ensembles ---- */

/* Read an ensemble: a directory with model files, a pattern, a description *.txt, one model file
 * (docs/ensembles.md). bytes: 4 or 8, the precision of all members. An ensemble serves one thread
 * of the caller, and shares its work among the threads of the machine. */
int fkb_ensemble_load(const char *path, int bytes, fkb_ensemble **ensemble, fkb_error *error);
void fkb_ensemble_free(fkb_ensemble *ensemble);
int fkb_ensemble_members(const fkb_ensemble *ensemble);
/* Shape of the input (is_output 0) or the output, as fkb_network_shape. */
int fkb_ensemble_shape(const fkb_ensemble *ensemble, int is_output, int64_t shape[FKB_MAX_RANK]);
/* Standard deviation of the noise at the inputs, in the networks' own numbers, and its seed. */
void fkb_ensemble_get_noise(const fkb_ensemble *ensemble, double *noise, int64_t *seed);
void fkb_ensemble_set_noise(fkb_ensemble *ensemble, double noise, int64_t seed);
/* Weighted mean and standard deviation of the members' answers, and these themselves:
 * members[member][sample]...; spread and members may be NULL. All arrays have values of one kind.
 * step: of the host, for its noise; first_column: global number of the first sample, from 1. */
int fkb_ensemble_predict(fkb_ensemble *ensemble, const fkb_array *x, const fkb_array *mean,
                         const fkb_array *spread, const fkb_array *members, int step,
                         int first_column, fkb_error *error);

/* The version of the library, such as "0.1.0". */
const char *fkb_version(void);
/* The processors for which the kernels that run were compiled: "v1", "v3" or "v4" (levels of x86-64:
 * SSE2, AVX2, AVX-512), or "fixed" where the library holds them once only. */
const char *fkb_processor_level(void);

#ifdef __cplusplus
}
#endif

#endif
