/* The level of the kernels for this processor, found before the program begins: by one thread, so
   that nothing has to be locked, and once. The module fkb_processor says what the levels are. */
#include <stdlib.h>
#include <string.h>

extern int fkb_code_level;

/* A level is there with the instructions that its code may hold, and with a system that keeps their
   registers (https://gitlab.com/x86-psABIs/x86-64-ABI). */
int fkb_highest_level(void)
{
   __builtin_cpu_init();
   if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
       !__builtin_cpu_supports("bmi") || !__builtin_cpu_supports("bmi2") ||
       !__builtin_cpu_supports("popcnt"))
      return 1;
   if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
       !__builtin_cpu_supports("avx512cd") || !__builtin_cpu_supports("avx512dq") ||
       !__builtin_cpu_supports("avx512vl"))
      return 3;
   return 4;
}

/* FKB_CPU_LEVEL chooses a lower one. What it may not choose is an error when a network is loaded. */
__attribute__((constructor)) static void choose_level(void)
{
   static const int levels[] = {1, 3, 4};
   static const char *const names[] = {"v1", "v3", "v4"};
   const char *wanted = getenv("FKB_CPU_LEVEL");
   int highest = fkb_highest_level();
   fkb_code_level = highest;
   for (int i = 0; wanted != NULL && i < 3; i++)
      if (strcmp(wanted, names[i]) == 0 && levels[i] <= highest)
         fkb_code_level = levels[i];
}
